import { compileJsonSchema } from "../../../expressions/json-schema.ts";
import { newWorkBudget } from "../../../expressions/work-budget.ts";
import type { ExpectationOf } from "../expectation.ts";
import { broken, failed, passIf, tooLarge, type Judgement, type Observation } from "./judgement.ts";

/** The answer is JSON and keeps the schema (2020-12). */
export function judgeJsonSchema({ schema }: ExpectationOf<"json_schema">, { answer }: Observation): Judgement {
  const budget = newWorkBudget();
  const compiled = compileJsonSchema(schema, budget);
  if (!compiled.ok) return broken("schema_not_valid");
  if (answer.json === undefined) return failed("not_json");
  const outcome = compiled.schema.validate(answer.json, budget);
  return outcome.ok ? passIf(outcome.valid, "schema_broken") : tooLarge;
}
