import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { follow, parsePath } from "../../src/expressions/json-path.ts";
import { newWorkBudget } from "../../src/expressions/work-budget.ts";
import type { JsonValue } from "../../src/crypto/canonical-json.ts";

const at = (value: JsonValue, text: string) => {
  const path = parsePath(text);
  if (path === undefined) throw new Error(`not a path: ${text}`);
  return follow(value, path, newWorkBudget());
};

describe("a path", () => {
  const order = { id: 7, "odd name": { "a.b": 1 }, lines: [{ price: 1 }, { price: 2, tags: ["x", "y"] }] };

  it.each<[string, readonly JsonValue[], boolean]>([
    ["", [order], true],
    ["id", [7], true],
    ["lines[1].price", [2], true],
    ["lines[*].price", [1, 2], true],
    ["lines[*].tags[*]", ["x", "y"], false],
    ['["odd name"]["a.b"]', [1], true],
    ["lines[2]", [], false],
    ["lines.length", [], false],
    ["id.toString", [], false],
    ["constructor", [], false],
    ["__proto__.x", [], false],
  ])("%j leads to own members and elements only", (text, values, whole) => {
    expect(at(order, text)).toEqual({ values, whole });
  });

  it.each([".a", "a.", "a..b", "a[", "a[-1]", "a[x]", "a b", "$..a[?(@)]", 'a["b', `${"a.".repeat(16)}b`, "a".repeat(300), "a[9999999]"])(
    "is not %j",
    (text) => {
      expect(parsePath(text)).toBeUndefined();
    },
  );

  it("reads a member that has the name of something inherited, where it is the value's own", () => {
    expect(at(JSON.parse('{"__proto__": {"constructor": 5}}') as JsonValue, "__proto__.constructor")).toEqual({ values: [5], whole: true });
  });

  it("is not followed past the budget", () => {
    const path = parsePath("[*][*]");
    const wide = Array.from({ length: 100 }, () => Array.from({ length: 100 }, () => 1));
    expect(path && follow(wide, path, newWorkBudget(1_000))).toBeUndefined();
  });

  it("never leads to anything that is not part of the value", () => {
    const parts = (value: JsonValue): JsonValue[] =>
      value !== null && typeof value === "object" ? [value, ...Object.values(value).flatMap((part) => parts(part ?? null))] : [value];
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.array(fc.constantFrom("a", "constructor", "__proto__", "length", "[0]", "[*]"), { maxLength: 4 }),
        (value, steps) => {
          const path = parsePath(steps.map((step, i) => (step.startsWith("[") || i === 0 ? step : `.${step}`)).join(""));
          if (path === undefined) return;
          const json = value as JsonValue;
          const all = new Set(parts(json));
          for (const found of follow(json, path, newWorkBudget())?.values ?? []) expect(all.has(found)).toBe(true);
        },
      ),
    );
  });
});
