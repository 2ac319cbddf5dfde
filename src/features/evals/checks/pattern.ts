import { compilePattern, patternLimits } from "../../../expressions/pattern.ts";
import { newWorkBudget } from "../../../expressions/work-budget.ts";
import { answerLimits } from "../protocols/protocol.ts";
import type { ExpectationOf } from "../expectation.ts";
import { broken, failed, passed, tooLarge, type Judgement, type Observation } from "./judgement.ts";

/** Enough for the largest pattern on the longest answer, so that no agent escapes a check by being wordy. */
const workUnits = answerLimits.textChars * 1024 + patternLimits.work;

/** The pattern occurs somewhere in the answer. */
export const judgeRegex = ({ pattern }: ExpectationOf<"regex">, { answer }: Observation): Judgement =>
  occurs(pattern, answer.text, passed, failed("pattern_missing"));

/** The pattern occurs nowhere in the answer. */
export const judgeForbiddenPattern = ({ pattern }: ExpectationOf<"forbidden_pattern">, { answer }: Observation): Judgement =>
  occurs(pattern, answer.text, failed("forbidden_pattern_found"), passed);

function occurs(source: string, text: string, found: Judgement, absent: Judgement): Judgement {
  const budget = newWorkBudget(workUnits);
  const compiled = compilePattern(source, budget);
  if (!compiled.ok) return broken("pattern_not_valid");
  const test = compiled.pattern.test(text, budget);
  if (!test.ok) return tooLarge;
  return test.matched ? found : absent;
}
