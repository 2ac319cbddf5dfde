import { describe, expect, it } from "vitest";
import type { EvidenceRecord } from "../../../src/features/scores/evidence.ts";
import { digestOf, makeRun, weigh } from "./make-evidence.ts";

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

type World = { readonly rho: number; readonly drawnAnew: "each run" | "each suite" | "each check, once" };

/** Three suites, three runs each, twelve checks a run: how often the interval of a true rate lies as it says. */
function coverage(rate: number, { rho, drawnAnew }: World, trials = 1000): { L: number; U: number } {
  const random = seededRandom(20260826);
  const hits = { L: 0, U: 0 };
  for (let trial = 0; trial < trials; trial += 1) {
    const records = [1, 2, 3].flatMap((suite): EvidenceRecord[] => {
      const ofSuite = clusterRate(random, rate, rho);
      const draw = (chance: number) => Array.from({ length: 12 }, () => (random() < chance ? 1 : 0));
      const once = draw(ofSuite);
      return [1, 2, 3].map(() => {
        const values =
          drawnAnew === "each check, once" ? once : draw(drawnAnew === "each suite" ? ofSuite : clusterRate(random, rate, rho));
        return makeRun(values, { suiteDigest: digestOf(suite) });
      });
    });
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

describe("the interval of a dimension", { timeout: 30_000 }, () => {
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
});
