import { Validator, type Schema } from "@cfworker/json-schema";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileJsonSchema } from "../../src/expressions/json-schema.ts";
import { newWorkBudget } from "../../src/expressions/work-budget.ts";
import type { JsonValue } from "../../src/crypto/canonical-json.ts";

const compiled = (schema: JsonValue) => {
  const result = compileJsonSchema(schema);
  if (!result.ok) throw new Error(`${result.path.join("/")}: ${result.detail}`);
  return result.schema;
};
const isValid = (schema: JsonValue, value: JsonValue) => {
  const outcome = compiled(schema).validate(value);
  if (!outcome.ok) throw new Error(outcome.reason);
  return outcome.valid;
};

const order: JsonValue = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  required: ["id", "lines"],
  additionalProperties: false,
  properties: {
    id: { type: "string", format: "uuid" },
    lines: { type: "array", minItems: 1, items: { $ref: "#/$defs/line" } },
    note: { type: ["string", "null"], maxLength: 5 },
  },
  patternProperties: { "^x-": { type: "number" } },
  $defs: {
    line: {
      type: "object",
      required: ["sku"],
      properties: { sku: { pattern: "^[A-Z]{3}$" }, price: { exclusiveMinimum: 0, multipleOf: 0.01 } },
    },
  },
};

describe("compileJsonSchema", () => {
  it("names the first place that breaks the schema", () => {
    const id = "0190163d-8694-739b-aea5-966c26f8ad90";
    const at = (value: JsonValue) => compiled(order).validate(value);
    expect(at({ id, lines: [{ sku: "ABC", price: 19.99 }], "x-weight": 3, note: "é😀é😀é" })).toEqual({ ok: true, valid: true });
    expect(at({ id, lines: [{ sku: "ABC" }, { sku: "abc" }] })).toEqual({ ok: true, valid: false, at: "/lines/1/sku", keyword: "pattern" });
    expect(at({ id, lines: [{ sku: "ABC", price: 0.001 }] })).toEqual({
      ok: true,
      valid: false,
      at: "/lines/0/price",
      keyword: "multipleOf",
    });
    expect(at({ id, lines: [{}] })).toEqual({ ok: true, valid: false, at: "/lines/0", keyword: "required" });
    expect(at({ id: "1", lines: [{ sku: "ABC" }] })).toEqual({ ok: true, valid: false, at: "/id", keyword: "format" });
    expect(at({ id, lines: [{ sku: "ABC" }], "a/b~c": 1 })).toEqual({ ok: true, valid: false, at: "/a~1b~0c", keyword: "false" });
    expect(at({ id, lines: [{ sku: "ABC" }], "x-weight": "3" })).toEqual({ ok: true, valid: false, at: "/x-weight", keyword: "type" });
  });

  it.each<[JsonValue, JsonValue, boolean]>([
    [{ if: { required: ["a"] }, then: { required: ["b"] }, else: { required: ["c"] } }, { a: 1 }, false],
    [{ if: { required: ["a"] }, then: { required: ["b"] }, else: { required: ["c"] } }, { c: 1 }, true],
    [{ contains: { const: 1 }, minContains: 2, maxContains: 2 }, [1, 2, 1], true],
    [{ contains: { const: 1 }, minContains: 0 }, [], true],
    [{ contains: { const: 1 } }, [], false],
    [{ prefixItems: [{ type: "string" }], items: false }, ["a", 1], false],
    [{ prefixItems: [{ type: "string" }], items: false }, ["a"], true],
    [
      { uniqueItems: true },
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      false,
    ],
    [{ uniqueItems: true }, [1, "1", [1], true], true],
    [{ enum: [{ a: [1, 2] }] }, { a: [1, 2] }, true],
    [{ const: 1 }, 1.0, true],
    [{ multipleOf: 0.1 }, 0.3, true],
    [{ maximum: 0.3 }, 0.1 + 0.2, false],
    [{ dependentRequired: { card: ["address"] } }, { card: 1 }, false],
    [{ propertyNames: { pattern: "^[a-z]+$" } }, { A: 1 }, false],
    [{ oneOf: [{ type: "integer" }, { minimum: 2 }] }, 3, false],
    [{ not: { anyOf: [{ type: "string" }, { type: "null" }] } }, 3, true],
    [{ minLength: 2 }, "😀", false],
    [{ format: "date" }, "2024-02-29", true],
    [{ format: "date" }, "2023-02-29", false],
    [{ format: "date-time" }, "2024-02-29T23:59:59.5+02:00", true],
    [{ format: "email" }, "a@example.com", true],
    [{ format: "email" }, `${"a".repeat(5_000)}@`, false],
    [{ format: "uri" }, "https://example.com/a", true],
    [{ format: "uri" }, "/a", false],
    [{ format: "ipv4" }, "10.0.0.256", false],
    [{ required: ["toString"] }, {}, false],
    [{ properties: { constructor: { type: "string" } } }, {}, true],
    [
      { $ref: "#/$defs/tree", $defs: { tree: { properties: { children: { items: { $ref: "#/$defs/tree" } } }, required: ["name"] } } },
      { name: "a", children: [{}] },
      false,
    ],
    [true, 1, true],
    [false, 1, false],
  ])("%j on %j is %s", (schema, value, expected) => {
    expect(isValid(schema, value)).toBe(expected);
  });

  it.each<[JsonValue, string]>([
    [{ properties: { a: { requred: ["b"] } } }, "properties/a/requred"],
    [{ anyOf: [{}, { pattern: "(?=a)" }] }, "anyOf/1/pattern"],
    [{ patternProperties: { "(a)\\1": {} } }, "patternProperties"],
    [{ $ref: "https://example.com/schema.json" }, "$ref"],
    [{ $ref: "#/$defs/missing" }, "$ref"],
    [{ $ref: "#/properties/a", properties: { a: {} } }, "$ref"],
    [{ properties: { a: { $id: "https://example.com/x" } } }, "properties/a/$id"],
    [{ $schema: "http://json-schema.org/draft-04/schema#" }, "$schema"],
    [{ if: {}, then: { type: "strng" } }, "then/type"],
    [{ then: {} }, "then"],
    [{ items: [{}] }, "items"],
    [{ minLength: -1 }, "minLength"],
    [{ minimum: "3" }, "minimum"],
    [{ multipleOf: 0 }, "multipleOf"],
    [{ format: "url" }, "format"],
    [{ format: "regex" }, "format"],
    [{ $defs: { a: { type: 3 } } }, "$defs/a/type"],
    [{ unevaluatedProperties: false }, "unevaluatedProperties"],
    ["object", ""],
    [null, ""],
  ])("refuses %j, and says where", (schema, path) => {
    const result = compileJsonSchema(schema);
    expect(result).toMatchObject({ ok: false, detail: expect.stringMatching(/.+/) });
    if (!result.ok) expect(result.path.join("/")).toBe(path);
  });

  it("refuses a schema that is too large or nested too deeply", () => {
    let deep: JsonValue = {};
    for (let i = 0; i < 40; i++) deep = { not: deep };
    expect(compileJsonSchema(deep)).toMatchObject({ ok: false });
    expect(compileJsonSchema({ enum: ["a".repeat(40_000)] })).toMatchObject({ ok: false });
    expect(compileJsonSchema({ allOf: Array.from({ length: 1_001 }, () => ({})) })).toMatchObject({ ok: false });
  });

  it("is charged for each time that it is asked, and compiles a schema once while it is asked for again", () => {
    const asked = (schema: JsonValue) => {
      const budget = newWorkBudget();
      const compilation = compileJsonSchema(schema, budget);
      return { compilation, work: newWorkBudget().remaining - budget.remaining };
    };
    const first = asked({ pattern: "^[a-z]+$" });
    expect(asked({ pattern: "^[a-z]+$" })).toEqual(first);
    expect(asked({ pattern: "^[a-z]+$" }).compilation).toBe(first.compilation);
    expect(asked({ pattern: "^\\pL+$" }).work).toBeGreaterThan(first.work + 10_000);
    expect(compileJsonSchema({ pattern: "^\\pL+$" }, newWorkBudget(first.work))).toMatchObject({ ok: false });
  });

  it("refuses a schema whose patterns take too much work together, wherever they stand", () => {
    const names = Array.from({ length: 5 }, (_, i) => `${i}${"\\pL".repeat(50)}`);
    expect(compileJsonSchema({ pattern: names[0] ?? "" }).ok).toBe(true);
    expect(compileJsonSchema({ allOf: names.map((pattern) => ({ pattern })) })).toMatchObject({ ok: false });
    expect(compileJsonSchema({ patternProperties: Object.fromEntries(names.map((name) => [name, true])) })).toMatchObject({ ok: false });
  });

  it("stops with a reason, and no verdict, at references that fan out or never end, and at values that cost too much", () => {
    const fan: Record<string, JsonValue> = { d40: {} };
    for (let i = 0; i < 40; i++) fan[`d${i}`] = { allOf: [{ $ref: `#/$defs/d${i + 1}` }, { $ref: `#/$defs/d${i + 1}` }] };
    expect(compiled({ $ref: "#/$defs/d0", $defs: fan }).validate(1)).toEqual({ ok: false, reason: "work_exceeded" });
    expect(compiled({ $ref: "#" }).validate(1)).toEqual({ ok: false, reason: "too_deep" });
    expect(compiled({ $ref: "#/$defs/a", $defs: { a: { not: { $ref: "#/$defs/a" } } } }).validate(1)).toEqual({
      ok: false,
      reason: "too_deep",
    });
    expect(compiled({ pattern: "a" }).validate("b".repeat(300_000))).toEqual({ ok: false, reason: "text_too_long" });
    expect(compiled({ items: { uniqueItems: true } }).validate([[1, 2, 3]], newWorkBudget(20))).toEqual({
      ok: false,
      reason: "work_exceeded",
    });
    let deep: JsonValue = [];
    for (let i = 0; i < 5_000; i++) deep = [deep];
    expect(compiled({ enum: [1] }).validate(deep)).toEqual({ ok: false, reason: "work_exceeded" });
    expect(compiled({ items: { $ref: "#" } }).validate(deep)).toEqual({ ok: false, reason: "too_deep" });
  });
});

describe("the work of a validation", () => {
  const size = 1_000;
  const list = Array.from({ length: size }, (_, i) => i);
  const names = list.map((i) => `k${i}`);
  const object = Object.fromEntries(names.map((name) => [name, 1]));
  const each = (schema: JsonValue) => Object.fromEntries(names.slice(0, 900).map((name) => [name, schema]));

  it.each<[string, JsonValue, JsonValue]>([
    ["minProperties", { minProperties: 1 }, object],
    ["maxProperties", { maxProperties: size }, object],
    ["required", { required: names }, object],
    ["dependentRequired", { dependentRequired: { k0: names } }, object],
    ["dependentRequired", { dependentRequired: Object.fromEntries(names.map((name) => [name, []])) }, object],
    ["prefixItems", { prefixItems: Array.from({ length: 900 }, () => true) }, list],
    ["items", { items: true }, list],
    ["contains", { contains: true }, list],
    ["contains", { contains: false, minContains: 0 }, list],
    ["allOf", { allOf: Array.from({ length: 900 }, () => true) }, 1],
    ["anyOf", { anyOf: [...Array.from({ length: 900 }, () => false), true] }, 1],
    ["oneOf", { oneOf: [...Array.from({ length: 900 }, () => false), true] }, 1],
    ["properties", { properties: each(true) }, {}],
    ["properties", { properties: each(true) }, object],
    ["patternProperties", { patternProperties: { "^k": true } }, object],
    ["additionalProperties", { additionalProperties: true }, object],
    ["propertyNames", { propertyNames: true }, object],
    ["uniqueItems", { uniqueItems: true }, list],
    ["enum", { enum: [1] }, list],
  ])("of %s is paid for by what it walks", (_keyword, schema, value) => {
    const budget = newWorkBudget();
    expect(compiled(schema).validate(value, budget).ok).toBe(true);
    expect(newWorkBudget().remaining - budget.remaining).toBeGreaterThan(900 * 2);
  });
});

describe("validation", () => {
  const scalar = fc.oneof(
    fc.constantFrom("", "a", "ab", "abc"),
    fc.integer({ min: -3, max: 4 }),
    fc.constantFrom(0.5, 1.5),
    fc.boolean(),
    fc.constant(null),
  );
  const { value } = fc.letrec<{ value: JsonValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      scalar,
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(fc.constantFrom("a", "b", "ab", "c"), tie("value"), { maxKeys: 3 }),
    ),
  }));
  const small = fc.nat({ max: 3 });
  const { schema } = fc.letrec<{ schema: JsonValue }>((tie) => {
    const sub = tie("schema");
    const subs = fc.array(sub, { minLength: 1, maxLength: 3 });
    const byName = (names: readonly string[]) => fc.dictionary(fc.constantFrom(...names), sub, { maxKeys: 3 });
    const type = fc.constantFrom("string", "number", "integer", "object", "array", "boolean", "null");
    return {
      schema: fc.oneof(
        { maxDepth: 3, withCrossShrink: true },
        fc.boolean(),
        fc.record(
          {
            type: fc.oneof(type, fc.array(type, { minLength: 1, maxLength: 3 })),
            enum: fc.array(value, { minLength: 1, maxLength: 3 }),
            minimum: small,
            exclusiveMaximum: small,
            multipleOf: fc.constantFrom(0.5, 1, 2),
            minLength: small,
            maxLength: small,
            pattern: fc.constantFrom("^a", "b$", "[bc]", "^$"),
            items: sub,
            prefixItems: subs,
            minItems: small,
            uniqueItems: fc.boolean(),
            properties: byName(["a", "b", "c"]),
            patternProperties: byName(["^a", "b"]),
            additionalProperties: sub,
            propertyNames: sub,
            required: fc.uniqueArray(fc.constantFrom("a", "b", "c"), { maxLength: 2 }),
            maxProperties: small,
            dependentRequired: fc.constantFrom({ a: ["b"] }, { b: ["a", "c"] }),
          },
          { requiredKeys: [] },
        ),
        fc.record({ contains: sub, minContains: small, maxContains: small }, { requiredKeys: ["contains", "minContains"] }),
        fc.record({ allOf: subs, anyOf: subs, oneOf: subs, not: sub }, { requiredKeys: [] }),
        fc.record({ if: sub, then: sub, else: sub }),
      ),
    };
  });

  it("agrees with another implementation on every schema and value", () => {
    let valid = 0;
    let compared = 0;
    fc.assert(
      fc.property(schema, value, (candidate, instance) => {
        const expected = new Validator(structuredClone(candidate) as Schema | boolean, "2020-12").validate(instance).valid;
        expect(isValid(candidate, instance)).toBe(expected);
        compared += 1;
        if (expected) valid += 1;
      }),
      { numRuns: 3_000 },
    );
    expect(valid).toBeGreaterThan(compared / 20);
    expect(valid).toBeLessThan((compared * 19) / 20);
  });
});
