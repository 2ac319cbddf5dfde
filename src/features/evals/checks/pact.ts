import type { Condition } from "../../../expressions/condition.ts";
import { evaluateConditions, type ConditionOutcome } from "../../../expressions/evaluate-condition.ts";
import { newWorkBudget, workPerPact } from "../../../expressions/work-budget.ts";
import { digestCondition } from "../../pacts/index.ts";
import type { CheckResult } from "../result.ts";
import { readsCost } from "./cel.ts";
import { failed, notApplicable, outputOf, passed, type Judgement, type Observation } from "./judgement.ts";

type JudgedCondition = { readonly condition: NonNullable<CheckResult["condition"]>; readonly selfReported: boolean };

/** A run's pact, ready to judge answers: one judgement for each of its conditions, in their order. */
export type PactJudge = {
  readonly conditions: readonly JudgedCondition[];
  readonly judge: (observation: Observation) => readonly Judgement[];
};

type Pact = { readonly conditions: readonly Condition[]; readonly digest: string | null };

/** Makes a pact ready to judge answers: digests its conditions once, and tells which of them rest on the agent's own word. */
export async function pactJudge({ conditions, digest }: Pact): Promise<PactJudge> {
  const judged = conditions.map(async (condition) => ({
    condition: { id: condition.id, severity: condition.severity, digest: await digestCondition(condition), pactDigest: digest ?? "" },
    selfReported: restsOnCost(condition),
  }));
  return { conditions: await Promise.all(judged), judge: (observation) => judgeAll(conditions, observation) };
}

/** Only the agent itself says what an answer cost. */
const restsOnCost = (condition: Condition): boolean =>
  condition.type === "cost_usd" || (condition.type === "cel" && readsCost(condition.expression));

/** So much that its half suffices for the largest pattern on the longest answer. */
export const pactWork = workPerPact * 4;

function judgeAll(conditions: readonly Condition[], { input, answer, latencyMs }: Observation): readonly Judgement[] {
  const { toolCalls, costUsd } = answer;
  const observation = { input, output: outputOf(answer), text: answer.text, latencyMs, toolCalls, costUsd: costUsd ?? undefined };
  return evaluateConditions(conditions, observation, newWorkBudget(pactWork)).map(judgementOf);
}

function judgementOf(outcome: ConditionOutcome): Judgement {
  switch (outcome.status) {
    case "pass":
      return passed;
    case "fail":
      return failed(outcome.reasons.join("; "));
    case "not_applicable":
      return notApplicable(outcome.reasons.join("; "));
    default:
      return { status: outcome.status, attribution: outcome.attribution, reason: outcome.reasons.join("; ") };
  }
}
