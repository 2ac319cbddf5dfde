import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { betaProbability, betaQuantile } from "../../../src/features/scores/beta-quantile.ts";

// By bisection of mpmath's regularized incomplete beta function at 40 digits.
const known: readonly (readonly [p: number, a: number, b: number, x: number])[] = [
  [0.05, 11, 1, 0.76159580961914734],
  [0.05, 31, 1, 0.90788594005267627],
  [0.05, 101, 1, 0.97077484646096093],
  [0.95, 11, 1, 0.9953478282678027],
  [0.05, 1, 1, 0.05],
  [0.05, 1, 11, 0.0046521717321972985],
  [0.05, 8.5, 4.25, 0.44249903663501035],
  [0.95, 8.5, 4.25, 0.86003703418622812],
  [0.05, 41, 61, 0.32355743256469753],
  [0.95, 41, 61, 0.48256117185206722],
  [0.05, 1.25, 1.5, 0.063347337394560861],
  [0.05, 951, 51, 0.93719897096167036],
  [0.95, 1, 3001, 0.00099774659582487079],
  [0.05, 2.5, 40.75, 0.01370813461534088],
];

const parameter = fc.double({ min: 1, max: 3000, noNaN: true });
const probability = fc.constantFrom(0.001, 0.05, 0.5, 0.95, 0.999);

describe("the quantiles of the beta distribution", () => {
  it.each(known)("has its %f quantile of Beta(%f, %f) at %f", (p, a, b, x) => {
    expect(Math.abs(betaQuantile(p, a, b) / x - 1)).toBeLessThan(1e-11);
  });

  it("undoes the probability, whatever the shape", () => {
    fc.assert(
      fc.property(probability, parameter, parameter, (p, a, b) => {
        expect(Math.abs(betaProbability(betaQuantile(p, a, b), a, b) - p)).toBeLessThan(1e-9);
      }),
    );
  });

  it("mirrors: what a share is below is what its complement is above", () => {
    fc.assert(
      fc.property(probability, parameter, parameter, (p, a, b) => {
        expect(Math.abs(betaQuantile(p, a, b) - (1 - betaQuantile(1 - p, b, a)))).toBeLessThan(1e-9);
      }),
    );
  });

  it("gives certainty at the ends of the interval", () => {
    expect([betaProbability(0, 2, 3), betaProbability(1, 2, 3), betaProbability(-1, 2, 3), betaProbability(2, 2, 3)]).toEqual([0, 1, 0, 1]);
  });
});
