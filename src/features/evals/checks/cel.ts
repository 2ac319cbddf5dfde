import { celContext, compileCel, type CelCompilation, type CelVariables } from "../../../expressions/cel.ts";
import { observationVariables } from "../../../expressions/condition.ts";
import { newWorkBudget, type WorkBudget } from "../../../expressions/work-budget.ts";
import type { ExpectationOf } from "../expectation.ts";
import { broken, failed, notApplicable, outputOf, passIf, tooLarge, unscored, type Judgement, type Observation } from "./judgement.ts";

/** What an expression of a suite may read: what a pact's may, and the answer's text whether or not it is JSON. */
const suiteVariables: CelVariables = { ...observationVariables, text: "string" };
const ofTheAnswer = ["output", "text", "toolCalls"];

export const compileSuiteExpression = (source: string, budget?: WorkBudget): CelCompilation => compileCel(source, suiteVariables, budget);

/** The expression is true of the answer. One that cannot be computed fails where it reads the answer, and is broken where it does not. */
export function judgeCel({ expression }: ExpectationOf<"cel">, { input, answer, latencyMs }: Observation): Judgement {
  const budget = newWorkBudget();
  const compiled = compileSuiteExpression(expression, budget);
  if (!compiled.ok) return broken("expression_not_valid");
  const { program } = compiled;
  const { text, toolCalls, costUsd } = answer;
  const result = program.evaluate(
    celContext({ input, output: outputOf(answer), text, latencyMs, costUsd: costUsd ?? undefined, toolCalls: toolCalls && [...toolCalls] }),
    budget,
  );
  if (result.ok) return passIf(result.value, "not_true");
  // The expression was type-checked: one that reads the answer and cannot be computed met an answer that lacks what it reads.
  const readsAnswer = ofTheAnswer.some((name) => program.reads.has(name));
  const fault = readsAnswer ? failed : broken;
  switch (result.reason) {
    case "missing":
      return result.variable === "toolCalls" ? unscored("tool_calls_not_reported") : notApplicable("no_cost_reported");
    case "failed":
      return fault("not_computable");
    case "too_deep":
      return fault("too_deep");
    case "work_exceeded":
      return readsAnswer ? tooLarge : unscored("work_exceeded");
  }
}

/** Whether an expression rests on what the agent says that its answer cost. */
export function readsCost(expression: string): boolean {
  const compiled = compileSuiteExpression(expression);
  return compiled.ok && compiled.program.reads.has("costUsd");
}
