import { describe, expect, it } from "vitest";
import { eventJsonSchemas, eventSchemaOf } from "../../src/webhooks/event-schemas.ts";
import { webhookEventTypes } from "../../src/webhooks/event-types.ts";

type Schema = {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: unknown;
  readonly items?: Schema;
  readonly maxItems?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
};

/** The most bytes that JSON of the schema has, each character of a string taking up to six (`\u0000`); Infinity where nothing bounds it. */
function longest(schema: Schema): number {
  if ("const" in schema) return JSON.stringify(schema.const).length;
  if (schema.enum !== undefined) return Math.max(...schema.enum.map((value) => JSON.stringify(value).length));
  if (schema.anyOf !== undefined) return Math.max(...schema.anyOf.map(longest));
  switch (schema.type) {
    case "object": {
      if (schema.additionalProperties !== false) return Infinity;
      return Object.entries(schema.properties ?? {}).reduce((sum, [name, member]) => sum + name.length + 4 + longest(member), 2);
    }
    case "array":
      return 2 + (schema.maxItems ?? Infinity) * (1 + longest(schema.items ?? {}));
    case "string":
      return 2 + 6 * (schema.maxLength ?? Infinity);
    case "integer":
    case "number":
      return schema.maximum === undefined || schema.minimum === undefined ? Infinity : 25;
    case "null":
    case "boolean":
      return 5;
    default:
      return Infinity;
  }
}

const stringsOf = (schema: Schema): Schema[] =>
  schema.type === "string"
    ? [schema]
    : [...Object.values(schema.properties ?? {}), ...(schema.anyOf ?? []), ...(schema.items === undefined ? [] : [schema.items])].flatMap(
        stringsOf,
      );

describe("the body of an event", () => {
  it("has a published schema for each type, which names it and refuses what it does not know", () => {
    const published = eventJsonSchemas();
    expect(published.map(({ type }) => type)).toEqual(webhookEventTypes);
    for (const { type, schema } of published) {
      expect(schema).toMatchObject({
        $schema: "https://json-schema.org/draft/2020-12/schema",
        additionalProperties: false,
        required: ["id", "type", "timestamp", "organizationId", "data"],
        properties: { type: { const: type }, data: { additionalProperties: false } },
      });
    }
  });

  it.each(webhookEventTypes)("of %s stays below 20,000 bytes, whatever it tells", (type) => {
    const { schema } = eventJsonSchemas().find((one) => one.type === type) ?? {};
    expect(longest(schema as Schema)).toBeLessThan(20_000);
    // The bound is one of the schema's own: without it there is none.
    expect(longest({ ...(schema as Schema), additionalProperties: {} })).toBe(Infinity);
  });

  it("has no member for a name, a reason or a link, and no text beyond an identifier's length", () => {
    for (const { schema } of eventJsonSchemas()) {
      expect(JSON.stringify(schema)).not.toMatch(
        /"(name|email|reason|description|url|token|secret|key|payer)":\{"type":"string"(?!,"enum")/,
      );
      for (const text of stringsOf(schema as Schema))
        expect(text.maxLength ?? Math.max(0, ...(text.enum ?? []).map((one) => String(one).length))).toBeLessThanOrEqual(80);
    }
  });

  it("is refused with another type's data, with a member more, and under another name", () => {
    const id = `evt_${"a".repeat(22)}`;
    const organizationId = `org_${"b".repeat(22)}`;
    const body = {
      id,
      type: "webhook.test",
      timestamp: "2026-11-22T10:00:00.000Z",
      organizationId,
      data: { endpointId: `whe_${"c".repeat(22)}` },
    };
    expect(eventSchemaOf("webhook.test").safeParse(body).success).toBe(true);
    expect(eventSchemaOf("key.revoked").safeParse({ ...body, type: "key.revoked" }).success).toBe(false);
    for (const wrong of [
      { ...body, more: 1 },
      { ...body, data: { ...body.data, more: 1 } },
      { ...body, id: "evt_1" },
    ])
      expect(eventSchemaOf("webhook.test").safeParse(wrong).success).toBe(false);
  });
});
