import { z } from "@hono/zod-openapi";
import { openApiDocument } from "../../http/openapi.ts";
import type { Operation } from "../../http/operation.ts";

/** JSON as the protocol's library has it: changeable. */
type Json = z.output<ReturnType<typeof z.json>>;
export type JsonObject = { [name: string]: Json };
/** A tool's arguments: the operation's parameters, query and body side by side. */
export type ToolSchema = {
  readonly type: "object";
  readonly properties: JsonObject;
  readonly required?: string[];
  readonly additionalProperties: false;
  readonly $defs?: JsonObject;
};

const Schema = z.record(z.string(), z.json());
const Document = z.object({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        parameters: z
          .array(z.object({ name: z.string(), required: z.boolean().optional(), description: z.string().optional(), schema: Schema }))
          .default([]),
        requestBody: z.object({ content: z.record(z.string(), z.object({ schema: Schema })) }).optional(),
      }),
    ),
  ),
  components: z.object({ schemas: z.record(z.string(), Schema).default({}) }),
});
const ObjectSchema = z.object({
  type: z.literal("object"),
  properties: Schema.default({}),
  required: z.array(z.string()).default([]),
});

/**
 * The JSON Schema of each tool's arguments, from the same schemas as the OpenAPI document. Throws for an operation whose parameters, query and
 * body name a field twice, or whose body is no object: it cannot be a tool.
 */
export function toolSchemas(operations: readonly Operation[]): Map<string, ToolSchema> {
  const { paths, components } = Document.parse(JSON.parse(JSON.stringify(openApiDocument(operations, "https://localhost"))));
  return new Map(
    operations.map(({ id, method, path }) => {
      const described = paths[path.replaceAll("{+", "{")]?.[method];
      if (described === undefined) throw new Error(`${id} is not in the OpenAPI document`);
      const fields: Field[] = described.parameters.map(({ name, required, description, schema }) => ({
        name,
        required: required === true,
        schema: description === undefined || "description" in schema ? schema : { ...schema, description },
      }));
      const body = described.requestBody?.content["application/json"]?.schema;
      if (body !== undefined) fields.push(...bodyFields(id, resolve(body, components.schemas)));
      return [id, merge(id, fields, components.schemas)];
    }),
  );
}

type Field = { readonly name: string; readonly required: boolean; readonly schema: JsonObject };

function bodyFields(id: string, body: JsonObject): Field[] {
  const parsed = ObjectSchema.safeParse(body);
  if (!parsed.success) throw new Error(`${id} takes a body that is no object`);
  const { properties, required } = parsed.data;
  return Object.entries(properties).map(([name, schema]) => ({ name, required: required.includes(name), schema: Schema.parse(schema) }));
}

const refPrefix = "#/components/schemas/";

function resolve(schema: JsonObject, components: Readonly<Record<string, JsonObject>>): JsonObject {
  const { $ref } = schema;
  return typeof $ref === "string" ? (components[$ref.slice(refPrefix.length)] ?? {}) : schema;
}

function merge(id: string, fields: readonly Field[], components: Readonly<Record<string, JsonObject>>): ToolSchema {
  const names = fields.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new Error(`${id} has two fields of the name ${twice}`);
  const $defs: Record<string, Json> = {};
  const inline = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(inline);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => {
        if (name !== "$ref" || typeof inner !== "string") return [name, inline(inner)];
        const component = inner.slice(refPrefix.length);
        if (!(component in $defs)) {
          $defs[component] = {};
          $defs[component] = inline(components[component] ?? {});
        }
        return [name, `#/$defs/${component}`];
      }),
    );
  };
  const properties = Object.fromEntries(fields.map(({ name, schema }) => [name, inline(schema)]));
  const required = fields.filter((field) => field.required).map(({ name }) => name);
  return {
    type: "object",
    properties,
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
    ...(Object.keys($defs).length === 0 ? {} : { $defs }),
  };
}
