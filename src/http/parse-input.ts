import type { z } from "@hono/zod-openapi";
import { isStorable } from "../expressions/json.ts";
import type { RequestShape } from "./operation.ts";
import { problem, type FieldError } from "./problem.ts";
import { parseJson } from "./read-body.ts";

export type RawInput = {
  readonly params: Record<string, string>;
  readonly query: URLSearchParams;
  readonly contentType: string | null;
  readonly body: () => Promise<Uint8Array<ArrayBuffer>>;
};

/** What the caller is told at most; its own text in it is cut. */
const maxErrors = 50;
const maxPathChars = 120;

/** Params, query and body as the operation declares them; every fault is named at once. */
export async function parseInput(shape: RequestShape, raw: RawInput): Promise<{ params: unknown; query: unknown; body: unknown }> {
  const errors: FieldError[] = [];
  const take = (part: "params" | "query" | "body", schema: z.ZodType | undefined, value: unknown): unknown => {
    if (schema === undefined) return undefined;
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    errors.push(...result.error.issues.flatMap((issue) => fieldErrors(part, issue)));
    return undefined;
  };
  const params = take("params", shape.params, raw.params);
  const query = take("query", shape.query, fieldsOf("query", raw.query, errors));
  const readBody = shape.form === true ? formBody : jsonBody;
  const body = shape.body === undefined ? undefined : take("body", shape.body, await readBody(raw, errors));
  if (errors.length > 0) throw problem("invalid_request", `${errors.length} faults in the input`, { errors: errors.slice(0, maxErrors) });
  return { params, query, body };
}

async function jsonBody({ contentType, body }: RawInput): Promise<unknown> {
  const bytes = await body();
  if (bytes.byteLength === 0)
    throw problem("invalid_request", "no body", { errors: [{ path: "body", message: "A JSON body is required." }] });
  if (!/^application\/json\s*(;|$)/i.test(contentType ?? ""))
    throw problem("unsupported_media_type", "the body is not declared as application/json");
  const value = parseJson(bytes);
  if (!isStorable(value))
    throw problem("invalid_request", "not storable", {
      errors: [{ path: "body", message: "A text holds U+0000 or half of a surrogate pair." }],
    });
  return value;
}

/** What a form sends, each field once. */
async function formBody({ contentType, body }: RawInput, errors: FieldError[]): Promise<unknown> {
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(contentType ?? ""))
    throw problem("unsupported_media_type", "the body is not declared as a form's");
  return fieldsOf("body", new URLSearchParams(new TextDecoder().decode(await body())), errors);
}

function fieldsOf(part: "query" | "body", fields: URLSearchParams, errors: FieldError[]): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, value] of fields) {
    const path = `${part}.${name}`.slice(0, maxPathChars);
    if (Object.hasOwn(values, name)) errors.push({ path, message: "Given more than once." });
    if (!isStorable([name, value])) errors.push({ path, message: "A text holds U+0000 or half of a surrogate pair." });
    values[name] = value;
  }
  return values;
}

function fieldErrors(part: string, issue: z.core.$ZodIssue): FieldError[] {
  const at = (path: readonly PropertyKey[]): string => [part, ...path.map(String)].join(".").slice(0, maxPathChars);
  if (issue.code === "unrecognized_keys")
    return issue.keys.slice(0, maxErrors).map((key) => ({ path: at([...issue.path, key]), message: "Unknown field." }));
  return [{ path: at(issue.path), message: issue.message }];
}
