import { comparable } from "../../../expressions/json.ts";
import type { ExpectationOf } from "../expectation.ts";
import { foldText } from "./fold-text.ts";
import { failed, passIf, type Judgement, type Observation } from "./judgement.ts";

/** A text is compared without the white space around it; any other value with the answer read as JSON. */
export function judgeEquals({ value, ignoreCase }: ExpectationOf<"equals">, { answer }: Observation): Judgement {
  if (typeof value === "string") return passIf(foldText(answer.text, ignoreCase).trim() === foldText(value, ignoreCase).trim(), "differs");
  if (answer.json === undefined) return failed("not_json");
  return passIf(comparable(answer.json) === comparable(value), "differs");
}
