import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { twoSided95, wilsonInterval } from "../../src/statistics/wilson-interval.ts";

const tally = fc.integer({ min: 1, max: 500 }).chain((trials) => fc.tuple(fc.integer({ min: 0, max: trials }), fc.constant(trials)));

describe("wilsonInterval", () => {
  it("gives what Newcombe (1998, table I, method 3) prints", () => {
    const printed: [number, number, number, number][] = [
      [81, 263, 0.2553, 0.3662],
      [15, 148, 0.0624, 0.1605],
      [0, 20, 0, 0.1611],
      [1, 29, 0.0061, 0.1718],
    ];
    for (const [hits, trials, low, high] of printed) {
      const interval = wilsonInterval(hits, trials, twoSided95);
      expect(interval.low).toBeCloseTo(low, 4);
      expect(interval.high).toBeCloseTo(high, 4);
    }
  });

  it("holds the rate, within [0, 1], and mirrors where hits and misses change places", () => {
    fc.assert(
      fc.property(tally, ([hits, trials]) => {
        const { low, high } = wilsonInterval(hits, trials, twoSided95);
        const mirrored = wilsonInterval(trials - hits, trials, twoSided95);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(low).toBeLessThanOrEqual(hits / trials);
        expect(high).toBeGreaterThanOrEqual(hits / trials);
        expect(high).toBeLessThanOrEqual(1);
        expect(1 - mirrored.high).toBeCloseTo(low, 9);
      }),
    );
    expect(wilsonInterval(0, 0, twoSided95)).toEqual({ low: 0, high: 1 });
  });
});
