import { describe, expect, it } from "vitest";
import { readSuite } from "../../../src/features/evals/check-suite.ts";

const suiteWith = (...expectations: readonly unknown[]) => ({ name: "S", cases: [{ id: "c", input: "Hello?", expectations }] });

describe("readSuite", () => {
  it("hands back a suite whose expressions all hold, with its digest", async () => {
    const read = await readSuite(
      suiteWith(
        { kind: "regex", pattern: "^\\d+$" },
        { kind: "cel", expression: "output.total > 5.0" },
        { kind: "json_schema", schema: { type: "object", required: ["total"] } },
      ),
    );
    expect(read).toMatchObject({ ok: true, suite: { name: "S" } });
    expect(read.ok && read.digest).toMatch(/^sha256:/);
  });

  it("names every expression that does not hold, by its place", async () => {
    const read = await readSuite(
      suiteWith(
        { kind: "regex", pattern: "(?<=a)b" },
        { kind: "contains", values: ["x"] },
        { kind: "forbidden_pattern", pattern: "(" },
        { kind: "cel", expression: "output.total > " },
        { kind: "cel", expression: "unknown == 1" },
        { kind: "json_schema", schema: { type: "nonsense" } },
      ),
    );
    expect(read.ok).toBe(false);
    expect(!read.ok && read.errors.map(({ path }) => path)).toEqual([
      "cases.0.expectations.0.pattern",
      "cases.0.expectations.2.pattern",
      "cases.0.expectations.3.expression",
      "cases.0.expectations.4.expression",
      "cases.0.expectations.5.schema.type",
    ]);
  });

  it("refuses an expression and a pattern made to hang", async () => {
    const read = await readSuite(
      suiteWith(
        { kind: "regex", pattern: `(?:(?:a{1,99}){1,99}){1,99}` },
        { kind: "cel", expression: `${"[1,2].all(x, ".repeat(60)}true${")".repeat(60)}` },
      ),
    );
    expect(!read.ok && read.errors).toHaveLength(2);
  });

  it("refuses an expression or a schema that cannot judge a small answer", async () => {
    const fan = { anyOf: [{ $ref: "#/$defs/b" }, { $ref: "#/$defs/b" }] };
    const names = Array.from({ length: 26 }, (_, i) => String.fromCharCode(97 + i));
    const doubling = Object.fromEntries(
      names.map((name, i) => [name, JSON.parse(JSON.stringify(fan).replaceAll("/b", `/${names[i + 1] ?? "end"}`))]),
    );
    const read = await readSuite(
      suiteWith(
        { kind: "cel", expression: "output.all(a, output.all(b, output.all(c, a + b + c >= 0.0)))" },
        { kind: "json_schema", schema: { $ref: "#/$defs/a", $defs: { ...doubling, end: false } } },
        { kind: "json_schema", schema: { $ref: "#" } },
        { kind: "json_schema", schema: { items: { $ref: "#" } } },
        { kind: "cel", expression: "output.all(a, output.exists_one(b, a == b))" },
      ),
    );
    expect(!read.ok && read.errors.map(({ path }) => path)).toEqual([
      "cases.0.expectations.0.expression",
      "cases.0.expectations.1.schema",
      "cases.0.expectations.2.schema",
    ]);
  });

  it("refuses a suite whose expressions take too much work together, and counts those that are the same once", async () => {
    const suite = (pattern: (i: number) => string) => ({
      name: "S",
      cases: Array.from({ length: 400 }, (_, i) => ({ id: `c${i}`, input: "x", expectations: [{ kind: "regex", pattern: pattern(i) }] })),
    });
    const heavy = `(?i)${"\\pL".repeat(40)}`;
    expect(await readSuite(suite(() => heavy))).toMatchObject({ ok: true });
    expect(await readSuite(suite((i) => `^[a-z ]+ ${i}$`))).toMatchObject({ ok: true });
    const read = await readSuite(suite((i) => `${heavy}${i}`));
    expect(!read.ok && read.errors.at(-1)?.path).toBe("cases.399.expectations.0.pattern");
  });

  it("refuses a case whose checks take too much work on the longest answer, together", async () => {
    const patterns = (count: number) => Array.from({ length: count }, (_, i) => ({ kind: "regex", pattern: `a.{900}${i}` }));
    expect(await readSuite(suiteWith(...patterns(5), { kind: "pact" }))).toMatchObject({ ok: true });
    expect(await readSuite(suiteWith(...patterns(20)))).toMatchObject({ ok: false, errors: [{ path: "cases.0.expectations" }] });
    const expressions = Array.from({ length: 19 }, (_, i) => ({ kind: "cel", expression: `size(output) > ${i}` }));
    expect(await readSuite(suiteWith(...expressions, { kind: "pact" }))).toMatchObject({ ok: true });
  });

  it("refuses characters that cannot be stored, and takes the texts that spell them", async () => {
    const withInput = (input: string) => ({ name: "S", cases: [{ id: "c", input, expectations: [{ kind: "pii" }] }] });
    for (const input of ["a\u0000b", "\ud800", "x\udc00x", "\\\u0000"])
      expect(await readSuite(withInput(input))).toMatchObject({ ok: false });
    for (const input of ["\\u0000", "\\\\ud800", "\u{1f600}", "\u0001"])
      expect(await readSuite(withInput(input))).toMatchObject({ ok: true });
  });

  it("says where a suite is of the wrong form", async () => {
    const read = await readSuite({ name: "S", cases: [{ id: "c", input: "x", expectations: [{ kind: "contains" }] }] });
    expect(!read.ok && read.errors[0]?.path).toContain("expectations");
    expect(await readSuite(null)).toMatchObject({ ok: false });
  });
});
