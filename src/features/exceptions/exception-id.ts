import { idPrefixes, type IdKind } from "../../platform/ids.ts";
import type { DenialReason, ExceptionKind } from "./exception.ts";

// An exception has no row of its own: its identifier says what it is about, so that it is the same at each reading.

/** Never changed, and never used for another reason. */
const denialCodes: Readonly<Record<DenialReason, string>> = {
  denied_by_rule: "d0",
  no_rule_matched: "d1",
  policy_error: "d2",
  policy_inactive: "d3",
  invalid_arguments: "d4",
  pact_violated: "d5",
  pact_undecided: "d6",
  grant_expired: "d7",
  grant_revoked: "d8",
  agent_archived: "d9",
  capability_retired: "dA",
  capability_drifted: "dB",
  credential_unavailable: "dC",
  score_unavailable: "dD",
  cost_unknown: "dE",
  rate_exceeded: "dF",
  count_exceeded: "dG",
  budget_exceeded: "dH",
  approval_mismatch: "dI",
  approval_not_usable: "dJ",
  preview_too_large: "dK",
};

type Plain = Exclude<ExceptionKind, "denial">;
export const kindCodes: Readonly<Record<Plain, string>> = {
  failure: "f0",
  effect_unknown: "u0",
  approval_waiting: "a0",
  budget_near: "b0",
  score_falling: "s0",
  unreceipted_tool_call: "t0",
};

const subjects: Readonly<Record<ExceptionKind, IdKind>> = {
  denial: "grant",
  failure: "grant",
  effect_unknown: "invocation",
  approval_waiting: "approval",
  budget_near: "grant",
  score_falling: "agent",
  unreceipted_tool_call: "agent",
};

/** The code of each reason of a denial, as JSON for a query. */
export const reasonCodes: string = JSON.stringify(denialCodes);

const entries = <K extends string>(codes: Readonly<Record<K, string>>): [K, string][] =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.entries forgets that it gives a table's own names
  Object.entries(codes) as [K, string][];

/** What an exception is about: the row that it is derived from, and of a denial why. */
export type ExceptionSubject = { readonly kind: ExceptionKind; readonly reason: DenialReason | null; readonly id: string };

const byCode = new Map<string, Pick<ExceptionSubject, "kind" | "reason">>([
  ...entries(denialCodes).map(([reason, code]) => [code, { kind: "denial", reason }] as const),
  ...entries(kindCodes).map(([kind, code]) => [code, { kind, reason: null }] as const),
]);

export const exceptionPattern = new RegExp(`^${idPrefixes.runtimeException}_[0-9A-Za-z]{24}$`);

/** What an identifier of the right form is about; undefined where it is about nothing. */
export function subjectOf(exceptionId: string): ExceptionSubject | undefined {
  const from = idPrefixes.runtimeException.length + 1;
  const found = byCode.get(exceptionId.slice(from, from + 2));
  return found === undefined ? undefined : { ...found, id: `${idPrefixes[subjects[found.kind]]}_${exceptionId.slice(from + 2)}` };
}
