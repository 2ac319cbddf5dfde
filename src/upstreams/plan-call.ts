import { isJsonObject, isStorable, memberOf, type JsonObject } from "../expressions/json.ts";
import { compileJsonSchema } from "../expressions/json-schema.ts";
import type { JsonValue } from "../crypto/canonical-json.ts";
import type { CapabilityDefinition } from "./capability.ts";
import { expandTemplate, pathVariables, queryVariables, readTemplate } from "./url-template.ts";

type HttpMethod = Extract<CapabilityDefinition, { kind: "http" }>["method"];

/** What will be sent, but for the credential. `body` is null where none is sent. */
export type PlannedCall =
  | { readonly kind: "http"; readonly method: HttpMethod; readonly url: string; readonly body: JsonObject | null }
  | { readonly kind: "mcp"; readonly url: string; readonly tool: string; readonly arguments: JsonObject };
export type CallPlan = { readonly ok: true; readonly call: PlannedCall } | { readonly ok: false; readonly detail: string };

/** `at` is the JSON Pointer (RFC 6901) of the first place that does not fit. */
export type ArgumentsCheck = { readonly ok: true } | { readonly ok: false; readonly at: string; readonly detail: string };

const bodied: ReadonlySet<HttpMethod> = new Set(["POST", "PUT", "PATCH"]);

/** Whether the arguments are what the capability takes. What cannot be judged within the budget does not fit. */
export function checkArguments({ argumentsSchema }: Pick<CapabilityDefinition, "argumentsSchema">, args: JsonValue): ArgumentsCheck {
  const compiled = compileJsonSchema(argumentsSchema);
  if (!compiled.ok) return { ok: false, at: "", detail: "the capability's schema cannot be used" };
  if (!isJsonObject(args) || !isStorable(args)) return { ok: false, at: "", detail: "arguments are an object of well-formed text" };
  const outcome = compiled.schema.validate(args);
  if (!outcome.ok) return { ok: false, at: "", detail: outcome.reason };
  return outcome.valid ? { ok: true } : { ok: false, at: outcome.at, detail: outcome.keyword };
}

/**
 * What the arguments make of the capability. An HTTP operation's go where its template names them, the others into the JSON body of POST, PUT and
 * PATCH; GET and DELETE have no place for others, and are refused with them.
 */
export function planCall(definition: CapabilityDefinition, args: JsonObject): CallPlan {
  if (definition.kind === "mcp") return { ok: true, call: { kind: "mcp", url: definition.url, tool: definition.tool, arguments: args } };
  const read = readTemplate(definition.urlTemplate);
  if (!read.ok) return read;
  const expanded = expandTemplate(read.template, args);
  if (!expanded.ok) return expanded;
  const { method } = definition;
  const named = new Set([...pathVariables(read.template), ...queryVariables(read.template)]);
  const rest = Object.keys(args).filter((name) => memberOf(args, name) !== undefined && !named.has(name));
  if (bodied.has(method)) {
    const body = Object.fromEntries(rest.map((name) => [name, memberOf(args, name)]));
    return { ok: true, call: { kind: "http", method, url: expanded.url, body } };
  }
  if (rest.length > 0) return { ok: false, detail: `A ${method} request has no place for ${rest.join(", ").slice(0, 200)}.` };
  return { ok: true, call: { kind: "http", method, url: expanded.url, body: null } };
}
