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
