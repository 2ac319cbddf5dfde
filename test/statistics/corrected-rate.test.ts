import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { correctRate, type Tally } from "../../src/statistics/corrected-rate.ts";

const of = (hits: number, trials: number): Tally => ({ hits, trials });
const tally = (least: number) =>
  fc.integer({ min: least, max: 400 }).chain((trials) => fc.integer({ min: 0, max: trials }).map((hits) => of(hits, trials)));

/** A stream of numbers in [0, 1) that is the same each time (mulberry32), so that a coverage is a number and no chance. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

describe("correctRate", () => {
  it("corrects a rate as Rogan and Gladen do", () => {
    expect(correctRate(of(85, 100), { sensitivity: of(90, 100), specificity: of(80, 100) })?.estimate).toBeCloseTo(0.929, 3);
    expect(correctRate(of(85, 100), { sensitivity: of(95, 100), specificity: of(90, 100) })?.estimate).toBeCloseTo(0.882, 3);
  });

  it("has the interval of Lang and Reiczigel, as the R package asht works it out (prevSeSp, its formula computed apart)", () => {
    const { estimate, low, high } = correctRate(of(30, 60), { sensitivity: of(36, 40), specificity: of(32, 40) }) ?? {
      estimate: 0,
      low: 0,
      high: 0,
    };
    expect([estimate, low, high].map((value) => value.toFixed(6))).toEqual(["0.428571", "0.197553", "0.640835"]);
  });

  it("is Agresti and Coull's interval where the instrument is as good as known to be right", () => {
    const perfect = of(1e9, 1e9);
    const { low, high } = correctRate(of(15, 148), { sensitivity: perfect, specificity: perfect }) ?? { low: 0, high: 0 };
    // (x + z²/2) / (n + z²) ± z √(p(1−p)/(n + z²)), computed by hand for 15 of 148.
    expect(low).toBeCloseTo(0.0614, 4);
    expect(high).toBeCloseTo(0.1615, 4);
  });

  it("says nothing of an instrument that is no better than chance, nor without anything observed or labelled", () => {
    expect(correctRate(of(5, 10), { sensitivity: of(10, 20), specificity: of(10, 20) })).toBeUndefined();
    expect(correctRate(of(5, 10), { sensitivity: of(20, 20), specificity: of(0, 20) })).toBeUndefined();
    expect(correctRate(of(0, 0), { sensitivity: of(20, 20), specificity: of(20, 20) })).toBeUndefined();
    expect(correctRate(of(5, 10), { sensitivity: of(0, 0), specificity: of(20, 20) })).toBeUndefined();
  });

  it("stays within [0, 1], mirrors where passes and failures change places, and leaves a right instrument's rate as it is", () => {
    fc.assert(
      fc.property(tally(1), tally(20), tally(20), (observed, sensitivity, specificity) => {
        fc.pre(sensitivity.hits / sensitivity.trials + specificity.hits / specificity.trials > 1.05);
        const rate = correctRate(observed, { sensitivity, specificity });
        const misses = of(observed.trials - observed.hits, observed.trials);
        const mirrored = correctRate(misses, { sensitivity: specificity, specificity: sensitivity });
        if (rate === undefined || mirrored === undefined) throw new Error("nothing was corrected");
        for (const value of Object.values(rate)) expect(value >= 0 && value <= 1).toBe(true);
        expect(rate.low).toBeLessThanOrEqual(rate.high);
        expect(mirrored.estimate).toBeCloseTo(1 - rate.estimate, 9);
        expect(mirrored.low).toBeCloseTo(1 - rate.high, 9);
        const right = correctRate(observed, { sensitivity: of(50, 50), specificity: of(50, 50) });
        expect(right?.estimate).toBeCloseTo(observed.hits / observed.trials, 12);
      }),
    );
  });

  it.each([
    [0.9, 0.9, 0.8, 60, 40],
    [0.6, 0.95, 0.7, 100, 30],
    [0.98, 0.85, 0.9, 50, 50],
  ])(
    "covers a true rate of %f about as often as it says (se %f, sp %f, %i checks, %i labels of each kind)",
    (truth, se, sp, checks, labels) => {
      const random = randomOf(20_140_101);
      const draw = (rate: number, trials: number): Tally =>
        of(Array.from({ length: trials }, random).filter((u) => u < rate).length, trials);
      const rounds = 2000;
      let covered = 0;
      for (let round = 0; round < rounds; round += 1) {
        const observed = draw(truth * se + (1 - truth) * (1 - sp), checks);
        const rate = correctRate(observed, { sensitivity: draw(se, labels), specificity: draw(sp, labels) });
        covered += rate !== undefined && rate.low <= truth && truth <= rate.high ? 1 : 0;
      }
      expect(covered / rounds).toBeGreaterThan(0.93);
    },
  );
});
