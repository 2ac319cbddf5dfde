import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EvidenceRecord } from "../../../src/features/scores/evidence.ts";
import { dayAt, digestOf, makeRun, weigh } from "./make-evidence.ts";

/** Mulberry32: small, seeded, good enough to simulate with. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Gamma variates by Marsaglia and Tsang (2000), from which a beta one: the rate of a cluster whose members correlate by rho. */
function clusterRate(random: () => number, rate: number, rho: number): number {
  if (rho === 0) return rate;
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const gamma = (shape: number): number => {
    if (shape < 1) return gamma(shape + 1) * random() ** (1 / shape);
    const d = shape - 1 / 3;
    for (;;) {
      const x = normal();
      const v = (1 + x / Math.sqrt(9 * d)) ** 3;
      if (v > 0 && Math.log(random()) < x ** 2 / 2 + d - d * v + d * Math.log(v)) return d * v;
    }
  };
  const size = 1 / rho - 1;
  const good = gamma(rate * size);
  const all = good + gamma((1 - rate) * size);
  return all === 0 ? rate : good / all;
}

type World = {
  /** Correlation between the checks of a cluster: the rate of each cluster is drawn from a beta distribution, its checks from that (beta-binomial). */
  readonly rho: number;
  /** What a cluster is: one run; a suite, in all its runs; or a suite whose checks come out the same in each run. */
  readonly drawnAnew: "each run" | "each suite" | "each check, once";
  readonly suites?: number;
  readonly runs?: number;
  readonly checks?: number;
  readonly oldestDays?: number;
};

/** How often, of so many agents of one true rate, the interval that their evidence gives lies as it says. */
function coverage(rate: number, world: World, trials = 1000): { L: number; U: number } {
  const { rho, drawnAnew, suites = 3, runs = 3, checks = 12, oldestDays = 0 } = world;
  const random = seededRandom(20260826);
  const hits = { L: 0, U: 0 };
  for (let trial = 0; trial < trials; trial += 1) {
    const records = Array.from({ length: suites }, (_, suite) => {
      const ofSuite = clusterRate(random, rate, rho);
      const draw = (chance: number) => Array.from({ length: checks }, () => (random() < chance ? 1 : 0));
      const once = draw(ofSuite);
      return Array.from({ length: runs }, (): EvidenceRecord => {
        const values =
          drawnAnew === "each check, once" ? once : draw(drawnAnew === "each suite" ? ofSuite : clusterRate(random, rate, rho));
        return makeRun(values, { suiteDigest: digestOf(suite), at: dayAt(-oldestDays * random()) });
      });
    }).flat();
    const { L, U } = weigh(records);
    if (L <= rate) hits.L += 1;
    if (U >= rate) hits.U += 1;
  }
  return { L: hits.L / trials, U: hits.U / trials };
}

const worlds: readonly World[] = [
  { rho: 0, drawnAnew: "each run" },
  { rho: 0.1, drawnAnew: "each run" },
  { rho: 0.3, drawnAnew: "each run" },
  { rho: 0.1, drawnAnew: "each suite" },
  { rho: 0.3, drawnAnew: "each suite" },
];
/** An agent that answers the same each time, so that repeats tell nothing, of suites that correlate as much as the formula assumes. */
const harshest: World = { rho: 0.3, drawnAnew: "each check, once" };

/**
 * Where the 95 % hold, and where they do not. The formula assumes that the checks of one run correlate by 0.3, and that a suite's repeats are
 * worth three runs at most. So they hold (0.93 or more of the agents have a true rate above L):
 *
 * - where a cluster is a run, for every true rate of 0.1 to 0.99 and any number of suites, runs and checks, up to a correlation of 0.5;
 * - where it is a suite, so that repeats bring the same luck again: up to 0.1 for every rate tried, and up to 0.3 for true rates of 0.5 and above once
 *   there is evidence enough for a score (three suites). All tiers begin at 0.6.
 *
 * They do not hold where the luck of a suite is repeated and correlates by 0.3 at true rates below 0.5 (0.89 to 0.93), in an agent of one
 * suite that is run nine times at a true rate of 0.3 to 0.5 (0.83 to 0.9: too little evidence for a score, but its L is shown), or
 * at 0.4 for rates up to 0.7 (0.86 and more). Above that nothing is claimed of repeated luck. The last test pins these numbers.
 */
describe("the interval of a dimension", () => {
  it.each(worlds)(
    "has its true rate above L at least 93 times in 100, with correlation $rho and rates drawn anew for $drawnAnew",
    (world) => {
      for (const rate of [0.5, 0.8, 0.95]) expect(coverage(rate, world).L).toBeGreaterThanOrEqual(0.93);
    },
  );

  it("has it above L at least 92 times in 100 even where every repeat is the same again", () => {
    for (const rate of [0.5, 0.6, 0.7, 0.9]) expect(coverage(rate, harshest, 2000).L).toBeGreaterThanOrEqual(0.92);
  });

  it.each(worlds.slice(0, 3))(
    "has its true rate below U at least 93 times in 100, for rates up to 0.9 and runs that correlate by $rho",
    (world) => {
      for (const rate of [0.5, 0.9]) expect(coverage(rate, world).U).toBeGreaterThanOrEqual(0.93);
    },
  );

  it("has its true rate above L at least 93 times in 100, whatever it is, of whatever runs whose checks correlate", () => {
    const anyWorld = fc.record({
      rho: fc.constantFrom(0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5),
      drawnAnew: fc.constant("each run" as const),
      suites: fc.integer({ min: 1, max: 6 }),
      runs: fc.integer({ min: 1, max: 4 }),
      checks: fc.integer({ min: 3, max: 16 }),
      oldestDays: fc.integer({ min: 0, max: 120 }),
    });
    fc.assert(
      fc.property(anyWorld, fc.integer({ min: 10, max: 99 }), (world, percent) => {
        expect(coverage(percent / 100, world, 400).L).toBeGreaterThanOrEqual(0.93);
      }),
      { seed: 7, numRuns: 25, endOnFailure: true },
    );
  });

  it.each<[number, World, number]>([
    [0.3, { rho: 0.3, drawnAnew: "each suite" }, 0.89],
    [0.5, { rho: 0.3, drawnAnew: "each suite", suites: 1, runs: 9 }, 0.83],
    [0.6, { rho: 0.4, drawnAnew: "each suite" }, 0.86],
  ])("falls short of that for a true rate of %d in %o, where repeats bring the same luck, by no more than to %d", (rate, world, floor) => {
    const { L } = coverage(rate, world, 2000);
    expect(L).toBeLessThan(0.93);
    expect(L).toBeGreaterThanOrEqual(floor);
  });
});
