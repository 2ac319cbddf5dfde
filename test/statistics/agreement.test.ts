import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { krippendorffAlpha, pairwiseAgreement, type Unit } from "../../src/statistics/agreement.ts";

/** Raters' rows, as they are printed; `.` where a rater said nothing. */
const unitsOf = (...rows: readonly string[]): readonly Unit[] =>
  (rows[0] ?? "").split(" ").map((_, column) => rows.map((row) => row.split(" ")[column] ?? ".").filter((value) => value !== "."));

const units = fc.array(fc.array(fc.constantFrom("pass", "fail"), { maxLength: 7 }), { maxLength: 30 });

describe("pairwiseAgreement", () => {
  it("is the share of pairs that say the same", () => {
    expect(pairwiseAgreement(["pass", "pass", "pass"])).toBe(1);
    expect(pairwiseAgreement(["pass", "pass", "fail"])).toBeCloseTo(1 / 3, 12);
    expect(pairwiseAgreement(["pass", "fail"])).toBe(0);
    expect(pairwiseAgreement(["pass"])).toBeUndefined();
  });
});

describe("krippendorffAlpha", () => {
  it("gives what Krippendorff (2011) prints: two observers, two categories (A), and four observers with missing data (C)", () => {
    const two = unitsOf("0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0");
    expect(krippendorffAlpha(two)).toBeCloseTo(0.095, 3);
    const four = unitsOf("1 2 3 3 2 1 4 1 2 . . .", "1 2 3 3 2 2 4 1 2 5 . 3", ". 3 3 3 2 3 4 2 2 5 1 .", "1 2 3 3 2 4 4 1 2 5 1 .");
    expect(krippendorffAlpha(four)).toBeCloseTo(0.743, 3);
  });

  it("is 1 where all agree on things that differ, and cannot be told where all say one thing or nobody is compared", () => {
    expect(
      krippendorffAlpha([
        ["a", "a"],
        ["b", "b"],
      ]),
    ).toBe(1);
    expect(
      krippendorffAlpha([
        ["a", "a"],
        ["a", "a"],
      ]),
    ).toBeUndefined();
    expect(krippendorffAlpha([["a"], []])).toBeUndefined();
    expect(krippendorffAlpha([])).toBeUndefined();
  });

  it("is at most 1, and does not depend on the order of things, of raters or on things that one alone rated", () => {
    fc.assert(
      fc.property(units, (given) => {
        const alpha = krippendorffAlpha(given);
        expect(alpha ?? 1).toBeLessThanOrEqual(1);
        const same = krippendorffAlpha([...given.map((unit) => unit.toReversed()).toReversed(), ["pass"], []]);
        if (alpha === undefined) expect(same).toBeUndefined();
        else expect(same).toBeCloseTo(alpha, 9);
      }),
    );
  });
});
