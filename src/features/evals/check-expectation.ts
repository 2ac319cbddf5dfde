import { compileJsonSchema } from "../../expressions/json-schema.ts";
import { compilePattern } from "../../expressions/pattern.ts";
import { judgesSpecimens, validatesSpecimens } from "../../expressions/specimens.ts";
import { tooMuchWork, workPerExpression, type WorkBudget } from "../../expressions/work-budget.ts";
import { compileSuiteExpression } from "./checks/cel.ts";
import { pactWork } from "./checks/pact.ts";
import type { Expectation } from "./expectation.ts";
import { answerLimits } from "./protocols/protocol.ts";

export type CheckedExpectation =
  /** `work`: units that judging the longest answer takes, at most. */
  { readonly ok: true; readonly work: number } | { readonly ok: false; readonly field: string; readonly detail: string };

const refuse = (field: string, detail: string): CheckedExpectation => ({ ok: false, field, detail });
/** The longest question of a case. */
const inputChars = 16_384;

/** Compiles what an expectation holds and lets it judge small answers, at the expense of the suite's budget. */
export function checkExpectation(expectation: Expectation, budget: WorkBudget): CheckedExpectation {
  switch (expectation.kind) {
    case "regex":
    case "forbidden_pattern": {
      const compiled = compilePattern(expectation.pattern, budget);
      return compiled.ok ? { ok: true, work: compiled.pattern.programSize * answerLimits.textChars } : refuse("pattern", compiled.detail);
    }
    case "cel": {
      const compiled = compileSuiteExpression(expectation.expression, budget);
      if (!compiled.ok) return refuse("expression", compiled.detail);
      const suffices = judgesSpecimens(compiled.program, budget, inputChars);
      return suffices ? { ok: true, work: workPerExpression } : refuse("expression", tooMuchWork);
    }
    case "json_schema": {
      const compiled = compileJsonSchema(expectation.schema, budget);
      if (!compiled.ok) return refuse(["schema", ...compiled.path].join("."), compiled.detail);
      const suffices = validatesSpecimens(compiled.schema, expectation.schema, budget);
      return suffices ? { ok: true, work: workPerExpression } : refuse("schema", tooMuchWork);
    }
    case "contains":
      return { ok: true, work: expectation.values.length * answerLimits.textChars };
    case "pact":
      return { ok: true, work: pactWork };
    default:
      return { ok: true, work: 0 };
  }
}
