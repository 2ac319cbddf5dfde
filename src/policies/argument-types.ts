import type { JsonValue } from "../crypto/canonical-json.ts";
import type { CelTypeName, CelTyping } from "../expressions/cel-typing.ts";
import { isJsonArray, isJsonObject, kindOf, memberOf, type JsonObject } from "../expressions/json.ts";

/** Keywords by which an object may have more members than its `properties` say. */
const opening = ["$ref", "allOf", "anyOf", "oneOf", "if", "dependentSchemas", "patternProperties"];
const plainTypes = new Map<JsonValue, CelTypeName>([
  ["string", "string"],
  ["integer", "double"],
  ["number", "double"],
  ["boolean", "bool"],
]);

/**
 * The CEL type of what a JSON Schema (2020-12) accepts. An object whose schema names its properties has these and no other, unless the
 * schema says that there are more (`additionalProperties`, or keywords that add some). What the schema does not tell is `dyn`.
 */
export function typeOfSchema(typing: CelTyping, schema: JsonObject): CelTypeName {
  return new Typer(typing, schema).typeOf(schema);
}

class Typer {
  readonly #typing: CelTyping;
  readonly #document: JsonObject;
  /** Definitions by reference; `dyn` while one is being read, so that one that holds itself ends. */
  readonly #known = new Map<string, CelTypeName>();

  constructor(typing: CelTyping, document: JsonObject) {
    this.#typing = typing;
    this.#document = document;
  }

  typeOf(schema: JsonValue | undefined): CelTypeName {
    if (!isJsonObject(schema)) return "dyn";
    const reference = memberOf(schema, "$ref");
    if (typeof reference === "string") return this.#referred(reference);
    const type = memberOf(schema, "type");
    if (isJsonArray(type)) return nullable(type, (one) => this.#typeOf({ ...schema, type: one }));
    return this.#typeOf(schema);
  }

  #typeOf(schema: JsonObject): CelTypeName {
    const type = memberOf(schema, "type") ?? (isJsonObject(memberOf(schema, "properties")) ? "object" : listed(schema));
    if (type === "array") return `list<${this.typeOf(memberOf(schema, "items"))}>`;
    if (type === "object") return this.#object(schema);
    return type === undefined ? "dyn" : (plainTypes.get(type) ?? "dyn");
  }

  #object(schema: JsonObject): CelTypeName {
    const properties = memberOf(schema, "properties");
    const more = memberOf(schema, "additionalProperties");
    if (opening.some((keyword) => Object.hasOwn(schema, keyword))) return "map<string, dyn>";
    if (!isJsonObject(properties)) return more === false ? this.#typing.object(new Map()) : `map<string, ${this.typeOf(more)}>`;
    if (more !== undefined && more !== false) return "map<string, dyn>";
    return this.#typing.object(new Map(Object.keys(properties).map((name) => [name, this.typeOf(memberOf(properties, name))])));
  }

  #referred(reference: string): CelTypeName {
    const known = this.#known.get(reference);
    if (known !== undefined) return known;
    this.#known.set(reference, "dyn");
    const [, home = "", name = ""] = /^#\/(\$defs|definitions)\/([\w.-]+)$/.exec(reference) ?? [];
    const definitions = memberOf(this.#document, home);
    const type = isJsonObject(definitions) ? this.typeOf(memberOf(definitions, name)) : "dyn";
    this.#known.set(reference, type);
    return type;
  }
}

/** One type or null is that type, wrapped: it compares with null too. Of several there is nothing to tell. */
function nullable(types: readonly JsonValue[], typeOf: (type: JsonValue) => CelTypeName): CelTypeName {
  const [type, ...others] = types.filter((one) => one !== "null");
  if (type === undefined || others.length > 0) return "dyn";
  if (!types.includes("null")) return typeOf(type);
  const plain = plainTypes.get(type);
  return plain === undefined ? "dyn" : `dyn<${plain}>`;
}

/** The one type of the values that are listed, where there are any. */
function listed(schema: JsonObject): JsonValue | undefined {
  const constant = memberOf(schema, "const");
  const values = constant === undefined ? memberOf(schema, "enum") : [constant];
  if (!isJsonArray(values)) return undefined;
  const types = new Set(values.map(kindOf));
  return types.size === 1 ? [...types][0] : undefined;
}
