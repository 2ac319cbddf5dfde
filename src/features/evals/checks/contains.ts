import { newWorkBudget } from "../../../expressions/work-budget.ts";
import { searchText } from "../../../expressions/search-text.ts";
import type { ExpectationOf } from "../expectation.ts";
import { foldText } from "./fold-text.ts";
import { passIf, tooLarge, type Judgement, type Observation } from "./judgement.ts";

/** All or any of the texts occur in the answer, in NFC; `ignoreCase` compares lower case. */
export function judgeContains({ values, match, ignoreCase }: ExpectationOf<"contains">, { answer }: Observation): Judgement {
  const text = foldText(answer.text, ignoreCase);
  let found = 0;
  for (const value of values) {
    const search = searchText(text, foldText(value, ignoreCase), newWorkBudget());
    if (!search.ok) return tooLarge;
    if (search.found) found += 1;
  }
  return match === "all" ? passIf(found === values.length, "text_missing") : passIf(found > 0, "text_missing");
}
