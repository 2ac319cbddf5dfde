import { z } from "zod";
import type { SealedBox } from "../../crypto/sealed-box.ts";
import type { Verdict } from "../../grants/ledger.ts";
import { Budget } from "../../grants/budget.ts";
import type { DecisionReason } from "../../policies/decision.ts";
import { DecisionFacts, type RecordedInput } from "../../policies/facts.ts";

/** Where the input of an invocation is sealed. */
const placeOf = (invocationId: string) => ({ table: "invocations", row: invocationId, field: "sealed_input" });

export const sealInput = (box: SealedBox, invocationId: string, input: RecordedInput | UndecidedInput): Promise<string> =>
  box.seal(placeOf(invocationId), JSON.stringify(input));

export const openInput = async (box: SealedBox, invocationId: string, sealed: string): Promise<unknown> =>
  JSON.parse(await box.open(placeOf(invocationId), sealed));

/** What is known of an input before its ledger was asked. */
export const UndecidedInput = z.object({
  facts: DecisionFacts.omit({ counters: true }),
  costMicros: z.int().nullable(),
  budget: Budget,
  ratePerMinute: z.int(),
});
export type UndecidedInput = z.output<typeof UndecidedInput>;

const ofThePolicy: ReadonlySet<DecisionReason> = new Set([
  "allowed_by_rule",
  "approval_required",
  "approved",
  "denied_by_rule",
  "no_rule_matched",
  "policy_error",
  "policy_inactive",
]);

/** What is kept of a decision, so that another policy can be tried on it. */
export const recordedInput = ({ facts, costMicros, ...limits }: UndecidedInput, { reasons, counters }: Verdict): RecordedInput => ({
  format: 1,
  facts: { ...facts, counters: { ...counters, costMicros } },
  findings: reasons.filter((reason) => !ofThePolicy.has(reason)),
  approved: reasons.includes("approved"),
  ...limits,
});
