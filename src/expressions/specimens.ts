import type { JsonValue } from "../crypto/canonical-json.ts";
import { celContext, type CelProgram } from "./cel.ts";
import { isJsonObject } from "./json.ts";
import type { JsonSchema } from "./json-schema.ts";
import { guaranteedChars, withShare, workPerExpression, type WorkBudget } from "./work-budget.ts";

const elements = 64;
const mostNames = 8;

const list = (at: (index: number) => JsonValue, length: number = elements): JsonValue => Array.from({ length }, (_, index) => at(index));
const object = (names: readonly string[], of: JsonValue): JsonValue => Object.fromEntries(names.map((name) => [name, of]));

/** Small answers of the shapes that cost most: a text, a list, and lists of objects with the members that are looked for. */
export function specimenAnswers(
  names: Iterable<string>,
  { chars, length }: { readonly chars: number; readonly length: number } = { chars: guaranteedChars, length: elements },
): readonly JsonValue[] {
  const known = [...names].slice(0, mostNames);
  const objects = list((index) => object(known, index), length);
  return ["a".repeat(chars), list((index) => index, length), objects, object(known, objects)];
}

/**
 * Whether an expression can judge every specimen with the work that one expression has. One that cannot is refused, so that later,
 * where the budget does not suffice for one that reads what an agent said, that is due to what the agent said.
 */
export function judgesSpecimens(
  { evaluate, reads, members }: CelProgram,
  budget: WorkBudget,
  inputChars: number = guaranteedChars,
): boolean {
  const [text = "", ...others] = specimenAnswers(members);
  const toolCalls = list((index) => ({ tool: String(index), arguments: object([...members].slice(0, mostNames), String(index)) }));
  const rest = { input: "a".repeat(inputChars), text, latencyMs: 1, costUsd: 1, toolCalls };
  return (reads.has("output") ? [text, ...others] : [text]).every((output) => {
    const result = withShare(budget, workPerExpression, (share) => evaluate(celContext({ ...rest, output }), share));
    return result.ok || result.reason !== "work_exceeded";
  });
}

/** Whether a schema can judge every specimen with the work that one expression has; the names are those that it describes itself. */
export function validatesSpecimens({ validate }: JsonSchema, source: JsonValue, budget: WorkBudget): boolean {
  const described = isJsonObject(source) && isJsonObject(source["properties"]) ? Object.keys(source["properties"]) : [];
  return specimenAnswers(described).every((value) => withShare(budget, workPerExpression, (share) => validate(value, share)).ok);
}
