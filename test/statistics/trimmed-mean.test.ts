import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { trimmedMean } from "../../src/statistics/trimmed-mean.ts";

const values = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 9 });

describe("trimmedMean", () => {
  it("drops as many values at each end as it is told, and takes the mean of the rest", () => {
    expect(trimmedMean([0, 1, 1], 1)).toBe(1);
    expect(trimmedMean([5, 1, 3, 2, 100], 1)).toBeCloseTo(10 / 3, 12);
    expect(trimmedMean([5, 1, 3, 2, 100], 2)).toBe(3);
    expect(trimmedMean([0.25, 0.75], 0)).toBe(0.5);
    expect(trimmedMean([1, 0], 1)).toBeUndefined();
    expect(trimmedMean([], 0)).toBeUndefined();
  });

  it("is not moved by one value beyond what the others say, whatever that one is", () => {
    fc.assert(
      fc.property(values, fc.double({ noNaN: true }), (others, outlier) => {
        const mean = trimmedMean([...others, outlier], 1) ?? Number.NaN;
        expect(mean).toBeGreaterThanOrEqual(Math.min(...others) - 1e-12);
        expect(mean).toBeLessThanOrEqual(Math.max(...others) + 1e-12);
      }),
    );
  });

  it("does not depend on the order, and grows with each value", () => {
    fc.assert(
      fc.property(values, fc.nat(), (given, seed) => {
        const turned = [...given.slice(seed % given.length), ...given.slice(0, seed % given.length)];
        expect(trimmedMean(turned, 1)).toBe(trimmedMean(given, 1));
        const raised = given.map((value, index) => (index === seed % given.length ? 1 : value));
        expect(trimmedMean(raised, 1) ?? 0).toBeGreaterThanOrEqual((trimmedMean(given, 1) ?? 0) - 1e-12);
      }),
    );
  });
});
