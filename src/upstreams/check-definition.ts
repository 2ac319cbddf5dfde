import type { JsonValue } from "../crypto/canonical-json.ts";
import { isJsonArray, isJsonObject, isStorable, memberOf, type JsonObject } from "../expressions/json.ts";
import { compileJsonSchema } from "../expressions/json-schema.ts";
import type { FieldError } from "../http/problem.ts";
import { checkUrl, mayForwardHeader, type EgressPolicy } from "../platform/egress-url.ts";
import type { CapabilityDefinition } from "./capability.ts";
import { readCostPath } from "./cost.ts";
import { pathVariables, queryVariables, readTemplate } from "./url-template.ts";

/** Headers that say how we ask, beside those that no tenant may name. */
const ownHeaders = /^(?:idempotency-key|accept-encoding|content-encoding|range|origin|last-event-id|mcp-.*)$/i;

/** An agent with many tools is shown all of their schemas at once. */
const mostSchemaChars = 16_384;

/** What speaks against a definition, with the path of each part in it; none where it can be used. */
export function checkDefinition(definition: CapabilityDefinition, policy: EgressPolicy): readonly FieldError[] {
  if (!isStorable(definition)) return [{ path: "", message: "It holds text that cannot be stored." }];
  return [
    ...(definition.kind === "http" ? checkHttp(definition, policy) : checkTarget("url", definition.url, policy)),
    ...checkSchema("argumentsSchema", definition.argumentsSchema),
    ...(memberOf(definition.argumentsSchema, "type") === "object"
      ? []
      : [{ path: "argumentsSchema.type", message: 'Arguments are an object: it is "object".' }]),
    ...checkCost(definition),
    ...(definition.credential === null ? [] : checkPlace("credential", definition.credential)),
  ];
}

function checkHttp(definition: Extract<CapabilityDefinition, { kind: "http" }>, policy: EgressPolicy): readonly FieldError[] {
  const answers = definition.answerSchema === null ? [] : checkSchema("answerSchema", definition.answerSchema);
  const read = readTemplate(definition.urlTemplate);
  if (!read.ok) return [{ path: "urlTemplate", message: read.detail }, ...answers];
  return [
    ...checkTarget("urlTemplate", read.specimen, policy),
    ...checkVariables(definition.argumentsSchema, pathVariables(read.template), queryVariables(read.template)),
    ...answers,
  ];
}

/** Whether a URL may be called, and stands for itself. */
export function checkTarget(path: string, url: string, policy: EgressPolicy): readonly FieldError[] {
  const checked = checkUrl(url, policy);
  if (!checked.ok) return [{ path, message: `It cannot be called: ${checked.reason}.` }];
  return checked.url.href === url
    ? []
    : [{ path, message: "It is not written as URLs are: in lower case, with a path, and without a fragment." }];
}

/** A variable is an argument that is described by its name, so that a policy can speak of it; what stands in the path is required. */
function checkVariables(schema: JsonObject, inPath: readonly string[], inQuery: readonly string[]): readonly FieldError[] {
  const [properties, required] = [memberOf(schema, "properties"), memberOf(schema, "required")];
  const isDescribed = (name: string): boolean => isJsonObject(properties) && memberOf(properties, name) !== undefined;
  const isRequired = (name: string): boolean => isJsonArray(required) && required.includes(name);
  const unknown = [...new Set([...inPath, ...inQuery])].filter((name) => !isDescribed(name));
  const optional = [...new Set(inPath)].filter((name) => isDescribed(name) && !isRequired(name));
  return [
    ...unknown.map((name) => ({ path: "argumentsSchema.properties", message: `The template's ${name} is not among them.` })),
    ...optional.map((name) => ({ path: "argumentsSchema.required", message: `The path's ${name} is not among them.` })),
  ];
}

function checkSchema(path: string, schema: JsonValue): readonly FieldError[] {
  if (JSON.stringify(schema).length > mostSchemaChars) return [{ path, message: `It is longer than ${mostSchemaChars} characters.` }];
  const compiled = compileJsonSchema(schema);
  return compiled.ok ? [] : [{ path: [path, ...compiled.path].join("."), message: compiled.detail }];
}

function checkCost({ cost }: CapabilityDefinition): readonly FieldError[] {
  if (cost === null || "microsPerCall" in cost || readCostPath(cost.argument) !== undefined) return [];
  return [{ path: "cost.argument", message: "It leads to one argument, such as `order.total` or `lines[0].price`." }];
}

type Place = NonNullable<CapabilityDefinition["credential"]>;

/** Whether a credential may be sent in this header. */
export function checkPlace(path: string, { header, prefix }: Place): readonly FieldError[] {
  const isOurs = !mayForwardHeader(header) || ownHeaders.test(header);
  return [
    ...(isOurs ? [{ path: `${path}.header`, message: "This header is not for a credential." }] : []),
    ...(/^[\x20-\x7e]*$/.test(prefix) && !prefix.startsWith(" ")
      ? []
      : [{ path: `${path}.prefix`, message: "It is plain printable text." }]),
  ];
}
