import type { SealedBox } from "../../crypto/sealed-box.ts";
import { newWorkBudget, withShare, type WorkBudget } from "../../expressions/work-budget.ts";
import { judge, type Judgement } from "../../grants/propose.ts";
import { findingsIn, openInput, RecordedInput } from "../../grants/recorded-input.ts";
import { workPerDecision } from "../../policies/decide.ts";
import type { PolicyTerms } from "../../policies/policy.ts";
import type { undecidedReasons } from "./schemas.ts";
import type { DecidedRow } from "./store.ts";

/** What one request may cost in all: less than a second at worst, and thousands of usual decisions. */
const workPerSimulation = workPerDecision * 8;

/** A denial because a person was to be asked, and could not be shown what. */
const unaskable = "preview_too_large";

export type Replay =
  | { readonly row: DecidedRow; readonly after: Judgement }
  | { readonly row: DecidedRow; readonly undecided: (typeof undecidedReasons)[number] };

/** What a candidate decides over what was recorded, as the ledger would have decided then. Nothing is reserved, sent or written. */
export async function replayAll(
  box: SealedBox,
  rows: readonly DecidedRow[],
  terms: PolicyTerms,
  work = workPerSimulation,
): Promise<Replay[]> {
  const inputs = await Promise.all(rows.map((row) => tryOpen(box, row)));
  const budget = newWorkBudget(work);
  return rows.map((row, index) => replay(row, inputs[index], terms, budget));
}

function replay(row: DecidedRow, input: RecordedInput | undefined, terms: PolicyTerms, budget: WorkBudget): Replay {
  if (input === undefined) return { row, undecided: "input_unreadable" };
  // With less than a decision has, what the policy says of too much work would be due to the decisions before.
  if (budget.remaining < workPerDecision) return { row, undecided: "work_exceeded" };
  const { counters, ...facts } = input.facts;
  const { costMicros, ...used } = counters;
  const findings = findingsIn([...new Set([...input.findings, ...row.reasons])]);
  const { budget: limits, ratePerMinute, approved } = input;
  const proposal = { terms, facts, findings, costMicros, approval: approved ? { id: "" } : null, budget: limits, ratePerMinute };
  const after = withShare(budget, workPerDecision, (share) => judge(proposal, used, 0, share));
  const cannotBeAsked = after.effect === "require_approval" && row.reasons.includes(unaskable);
  return { row, after: cannotBeAsked ? { effect: "deny", reasons: [unaskable], ruleIds: [] } : after };
}

/** Undefined where it does not open, or is not what is recorded today. */
async function tryOpen(box: SealedBox, { id, sealedInput }: DecidedRow): Promise<RecordedInput | undefined> {
  try {
    return RecordedInput.safeParse(await openInput(box, id, sealedInput)).data;
  } catch {
    return undefined;
  }
}
