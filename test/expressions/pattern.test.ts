import fc from "fast-check";
import { RE2JS } from "re2js";
import { describe, expect, it } from "vitest";
import { boundPatternSize } from "../../src/expressions/pattern-size.ts";
import { compilePattern, patternLimits } from "../../src/expressions/pattern.ts";
import { newWorkBudget } from "../../src/expressions/work-budget.ts";

const compiled = (source: string) => {
  const result = compilePattern(source);
  if (!result.ok) throw new Error(`${result.reason}: ${result.detail}`);
  return result.pattern;
};
describe("compilePattern", () => {
  it("finds a pattern anywhere in the text", () => {
    expect(compiled("err(or)?").test("an error")).toEqual({ ok: true, matched: true });
    expect(compiled("^err").test("an error")).toEqual({ ok: true, matched: false });
    expect(compiled("(?i)ERROR\\b").test("An Error.")).toEqual({ ok: true, matched: true });
    expect(compiled("^\\p{Greek}+\\x{1F600}$").test("αβγ😀")).toEqual({ ok: true, matched: true });
  });

  it.each(["(?<=a)b", "(a)\\1", "(?=a)", "(", "[z-a]", "a{1001}", "\\Qa.b\\E", "*"])("refuses %j, and says why", (source) => {
    expect(compilePattern(source)).toMatchObject({ ok: false, reason: "syntax", detail: expect.stringMatching(/.+/) });
  });

  it("refuses a pattern that is too long or expands too far, without expanding it", () => {
    expect(compilePattern("a".repeat(patternLimits.sourceChars + 1))).toMatchObject({ ok: false, reason: "too_long" });
    for (const source of [
      "(?:a{10}){100}",
      `(?:${"ab".repeat(200)}){1000}`,
      "a{1000}".repeat(60),
      "(?:(?:(?:ab){10}){10}){10}",
      "(((a?){9}){9}){9}",
    ]) {
      expect(compilePattern(source)).toMatchObject({ ok: false, reason: "too_large" });
    }
  });

  it("refuses a pattern that takes too much work to prepare, and none that people write", () => {
    for (const source of [
      `(?i)${"\\PL".repeat(110)}`,
      `(?i)[${"!-\\x{1e942}".repeat(30)}]`,
      `(?i)${"[!-\uffff]".repeat(80)}`,
      `(?:${"\\pL|".repeat(80)}x)`,
      "\\PL{700}",
    ]) {
      expect(compilePattern(source), source).toMatchObject({ ok: false, reason: "too_large" });
    }
    for (const source of ["^[\\p{L} '-]{1,100}$", "(?i)[^\\x00-\\x7f]", "(?i)^\\p{Lu}\\p{L}+$", "^.{1,400}$", "[\\x{80}-\\x{10ffff}]"]) {
      expect(compilePattern(source), source).toMatchObject({ ok: true });
    }
  });

  it("is charged for each time that it is asked, whether or not the pattern is known, and refuses what the budget cannot pay", () => {
    const charge = (source: string) => {
      const budget = newWorkBudget();
      expect(compilePattern(source, budget).ok).toBe(true);
      return newWorkBudget().remaining - budget.remaining;
    };
    expect(charge("^[a-z]+$")).toBeGreaterThan(500);
    expect(charge("^[a-z]+$")).toBe(charge("^[a-z]+$"));
    expect(charge("^\\pL+$")).toBeGreaterThan(charge("^[a-z]+$") * 4);
    expect(compilePattern("^\\pL+$", newWorkBudget(1_000))).toMatchObject({ ok: false, reason: "work_exceeded" });
  });

  it("refuses a test that would cost more than the budget, and charges what it does", () => {
    const pattern = compiled("[ab]{1,300}c$");
    expect(pattern.test("a".repeat(patternLimits.textChars))).toEqual({ ok: false, reason: "work_exceeded" });
    expect(pattern.test("a".repeat(patternLimits.textChars + 1))).toEqual({ ok: false, reason: "text_too_long" });
    const budget = newWorkBudget(10_000);
    expect(compiled("a").test("b".repeat(1_000), budget)).toEqual({ ok: true, matched: false });
    expect(budget.remaining).toBeLessThan(10_000 - 1_000);
  });

  const piece = fc.letrec<{ atom: string; expression: string }>((tie) => ({
    atom: fc.oneof(
      { withCrossShrink: true, maxDepth: 4 },
      fc.constantFrom("a", "b", ".", "\\d", "\\(", "[a-z]", "[^]a)(]", "[[:alpha:](]", "\\pL", "\\x{41}", "^", "$", "\\b", "é"),
      fc.tuple(fc.constantFrom("(", "(?:", "(?i:", "(?P<n>"), tie("expression")).map(([open, inner]) => `${open}${inner})`),
    ),
    expression: fc
      .array(fc.tuple(tie("atom"), fc.constantFrom("", "", "*", "+?", "?", "{3}", "{0,7}", "{2,}", "{12}", "|")), { maxLength: 5 })
      .map((parts) => parts.map((part) => part.join("")).join("")),
  }));

  it("bounds the size of every program before compiling it", () => {
    fc.assert(
      fc.property(piece.expression, (source) => {
        let actual: number;
        try {
          actual = RE2JS.compile(source).programSize();
        } catch {
          return;
        }
        expect(boundPatternSize(source).program).toBeGreaterThanOrEqual(actual);
      }),
      { numRuns: 2_000 },
    );
  });

  it("answers any text with a pattern or a reason, and never throws", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), fc.string({ unit: "binary" }), (source, text) => {
        const result = compilePattern(source);
        if (result.ok) expect(result.pattern.test(text).ok).toBe(true);
        else expect(result.detail).not.toBe("");
      }),
    );
  });
});
