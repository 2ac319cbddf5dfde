import { compileJsonSchema } from "../../../expressions/json-schema.ts";
import type { ExpectationOf } from "../expectation.ts";
import { broken, failed, passIf, unscored, type Judgement, type Observation } from "./judgement.ts";

/** The answer is JSON and keeps the schema (2020-12). Unscored where that cannot be told within the work that is allowed. */
export function judgeJsonSchema({ schema }: ExpectationOf<"json_schema">, { answer }: Observation): Judgement {
  const compiled = compileJsonSchema(schema);
  if (!compiled.ok) return broken("schema_not_valid");
  if (answer.json === undefined) return failed("not_json");
  const outcome = compiled.schema.validate(answer.json);
  return outcome.ok ? passIf(outcome.valid, "schema_broken") : unscored(outcome.reason);
}
