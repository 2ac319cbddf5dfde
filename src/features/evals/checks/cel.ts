import { celContext, compileCel, type CelCompilation, type CelVariables } from "../../../expressions/cel.ts";
import type { ExpectationOf } from "../expectation.ts";
import { broken, failed, notApplicable, passIf, type Judgement, type Observation } from "./judgement.ts";

/** What an expression of a suite may read. */
export const suiteVariables: CelVariables = {
  input: "string",
  output: "dyn",
  text: "string",
  latencyMs: "double",
  cost: "double",
  toolCalls: "list<dyn>",
};
export const compileSuiteExpression = (source: string): CelCompilation => compileCel(source, suiteVariables);

/** `output` is the answer read as JSON where it is JSON, and its text otherwise. */
export function judgeCel({ expression }: ExpectationOf<"cel">, { input, answer, latencyMs }: Observation): Judgement {
  const compiled = compileSuiteExpression(expression);
  if (!compiled.ok) return broken("expression_not_valid");
  const { text, json, toolCalls, costUsd } = answer;
  const result = compiled.program.evaluate(
    celContext({ input, output: json ?? text, text, latencyMs, cost: costUsd ?? undefined, toolCalls: [...toolCalls] }),
  );
  if (result.ok) return passIf(result.value, "not_true");
  switch (result.reason) {
    case "missing":
      return notApplicable(`no_${result.variable}`);
    case "failed":
      // The expression was type-checked: what it cannot compute is an answer that lacks what it reads.
      return failed("not_computable");
    case "too_deep":
      return failed("answer_too_deep");
    case "work_exceeded":
      return broken("work_exceeded");
  }
}
