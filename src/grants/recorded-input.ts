import { z } from "zod";
import type { Place, SealedBox } from "../crypto/sealed-box.ts";
import { decisionReasons, type DecisionReason } from "../policies/decision.ts";
import { DecisionFacts } from "../policies/facts.ts";
import { Budget } from "./budget.ts";
import type { Verdict } from "./ledger.ts";

/** What is known of an invocation's input before its ledger is asked. */
export const UndecidedInput = z.object({
  facts: DecisionFacts.omit({ counters: true }),
  costMicros: z.int().nullable(),
  budget: Budget,
  ratePerMinute: z.int(),
});
export type UndecidedInput = z.output<typeof UndecidedInput>;

/**
 * What is kept of a decision, sealed in `invocations.sealed_input`, so that another policy can be tried on it: the facts with the
 * counters as they were, what already spoke against it beside the policy, and the limits that it was held to.
 */
export const RecordedInput = z.strictObject({
  format: z.literal(1),
  facts: DecisionFacts,
  /** Reasons of a denial that no policy gives or takes away: arguments, pacts, expiry, limits and the like. */
  findings: z.array(z.enum(decisionReasons)),
  /** Whether an approval that fits stood behind the request. */
  approved: z.boolean(),
  budget: Budget,
  ratePerMinute: z.int(),
});
export type RecordedInput = z.output<typeof RecordedInput>;

/** Reasons that are due to what the policy decided. All others hold under any policy. */
const ofThePolicy: ReadonlySet<DecisionReason> = new Set([
  "allowed_by_rule",
  "approval_required",
  "approved",
  "denied_by_rule",
  "no_rule_matched",
  "policy_error",
  "policy_inactive",
  "preview_too_large",
]);

/** Of a decision's reasons, those that would speak against it under any policy. */
export const findingsIn = (reasons: readonly DecisionReason[]): DecisionReason[] => reasons.filter((reason) => !ofThePolicy.has(reason));

/** What is kept once the ledger has decided. */
export const toRecordedInput = ({ facts, costMicros, ...limits }: UndecidedInput, { reasons, counters }: Verdict): RecordedInput => ({
  format: 1,
  facts: { ...facts, counters: { ...counters, costMicros } },
  findings: findingsIn(reasons),
  approved: reasons.includes("approved"),
  ...limits,
});

const placeOf = (invocationId: string): Place => ({ table: "invocations", row: invocationId, field: "sealed_input" });

/** For the row of that invocation alone: no other one opens it. */
export const sealInput = (box: SealedBox, invocationId: string, input: RecordedInput | UndecidedInput): Promise<string> =>
  box.seal(placeOf(invocationId), JSON.stringify(input));

/** Throws where it was altered, or is another invocation's. */
export const openInput = async (box: SealedBox, invocationId: string, sealed: string): Promise<unknown> =>
  JSON.parse(await box.open(placeOf(invocationId), sealed));
