import type { SealedBox } from "../../crypto/sealed-box.ts";
import { newWorkBudget, withShare, type WorkBudget } from "../../expressions/work-budget.ts";
import { judge, type Judgement } from "../../grants/propose.ts";
import { workPerDecision } from "../../policies/decide.ts";
import type { DecisionReason } from "../../policies/decision.ts";
import { RecordedInput, recordedPlace } from "../../policies/facts.ts";
import type { PolicyTerms } from "../../policies/policy.ts";
import type { undecidedReasons } from "./schemas.ts";
import type { DecidedRow } from "./store.ts";

/** What one request may cost in all: less than a second at worst, and thousands of usual decisions. */
const workPerSimulation = workPerDecision * 8;

/** Reasons that are due to what the policy decided then. All others hold under any policy. */
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
  const inputs = await Promise.all(rows.map((row) => openInput(box, row)));
  const budget = newWorkBudget(work);
  return rows.map((row, index) => replay(row, inputs[index], terms, budget));
}

function replay(row: DecidedRow, input: RecordedInput | undefined, terms: PolicyTerms, budget: WorkBudget): Replay {
  if (input === undefined) return { row, undecided: "input_unreadable" };
  // With less than a decision has, what the policy says of too much work would be due to the decisions before.
  if (budget.remaining < workPerDecision) return { row, undecided: "work_exceeded" };
  const { counters, ...facts } = input.facts;
  const { costMicros, ...used } = counters;
  const findings = [...new Set([...input.findings, ...row.reasons])].filter((reason) => !ofThePolicy.has(reason));
  const { budget: limits, ratePerMinute, approved } = input;
  const proposal = { terms, facts, findings, costMicros, approval: approved ? { id: "" } : null, budget: limits, ratePerMinute };
  const after = withShare(budget, workPerDecision, (share) => judge(proposal, used, 0, share));
  const cannotBeAsked = after.effect === "require_approval" && row.reasons.includes(unaskable);
  return { row, after: cannotBeAsked ? { effect: "deny", reasons: [unaskable], ruleIds: [] } : after };
}

/** Undefined where it does not open, or is not what is recorded today. */
async function openInput(box: SealedBox, { id, sealedInput }: DecidedRow): Promise<RecordedInput | undefined> {
  try {
    const recorded: unknown = JSON.parse(await box.open(recordedPlace(id), sealedInput));
    return RecordedInput.safeParse(recorded).data;
  } catch {
    return undefined;
  }
}
