import { compilePattern } from "../../../expressions/pattern.ts";
import { newWorkBudget } from "../../../expressions/work-budget.ts";
import { answerLimits } from "../protocols/protocol.ts";
import type { ExpectationOf } from "../expectation.ts";
import { broken, failed, passed, unscored, type Judgement, type Observation } from "./judgement.ts";

/** Enough for the largest pattern on the longest answer, so that no agent escapes a check by being wordy. */
const workUnits = answerLimits.textChars * 1024;

/** The pattern occurs somewhere in the answer. */
export const judgeRegex = ({ pattern }: ExpectationOf<"regex">, { answer }: Observation): Judgement =>
  occurs(pattern, answer.text, passed, failed("pattern_missing"));

/** The pattern occurs nowhere in the answer. */
export const judgeForbiddenPattern = ({ pattern }: ExpectationOf<"forbidden_pattern">, { answer }: Observation): Judgement =>
  occurs(pattern, answer.text, failed("forbidden_pattern_found"), passed);

function occurs(source: string, text: string, found: Judgement, absent: Judgement): Judgement {
  const compiled = compilePattern(source);
  if (!compiled.ok) return broken("pattern_not_valid");
  const test = compiled.pattern.test(text, newWorkBudget(workUnits));
  if (!test.ok) return unscored(test.reason);
  return test.matched ? found : absent;
}
