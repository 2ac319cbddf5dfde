import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attributions } from "../../../src/expressions/outcome.ts";
import { computeScore } from "../../../src/features/scores/compute-score.ts";
import type { EvidenceRecord, UnavailableEntry } from "../../../src/features/scores/evidence.ts";
import { notRun, requiredDimensions } from "../../../src/features/scores/formula.ts";
import { assuranceNames, dimensionNames } from "../../../src/scores/names.ts";
import { dayAt, digestOf, makeEvidence, makeFullRun, makeRecord, makeRun, ownerOrg, weigh } from "./make-evidence.ts";

/** Rounding N and S apart moves L by no more than this. */
const roundingError = 2e-6;
const suiteChecks = 8;
const value = fc.constantFrom<0 | 1>(0, 1);
const outcome = fc.constantFrom<0 | 1 | null>(0, 1, null);

/** Runs of a few suites by a few authors over a year, in time order; some were stopped. */
const history = fc.array(
  fc.record({
    suite: fc.integer({ min: 1, max: 3 }),
    author: fc.constantFrom("platform", ownerOrg, "org_other"),
    day: fc.integer({ min: 0, max: 365 }),
    values: fc.array(outcome, { minLength: suiteChecks, maxLength: suiteChecks }),
  }),
  { maxLength: 25 },
);
type Run = typeof history extends fc.Arbitrary<(infer R)[]> ? R : never;
const assuranceOf = (author: string) => (author === ownerOrg ? "own_suite" : "independent_suite");
const toRecord = ({ suite, author, day, values }: Run): EvidenceRecord =>
  makeRun(values, { suiteDigest: digestOf(suite), author, at: dayAt(day), assurance: assuranceOf(author) });
const newest = { asOf: dayAt(400) };

const anyRecord = fc
  .record({
    author: fc.constantFrom("platform", ownerOrg, "org_other"),
    assurance: fc.constantFrom(...assuranceNames),
    suite: fc.integer({ min: 1, max: 5 }),
    versionNumber: fc.integer({ min: 1, max: 4 }),
    day: fc.integer({ min: 0, max: 400 }),
    entries: fc.array(
      fc.record({
        dimension: fc.constantFrom(...dimensionNames),
        value: fc.double({ min: 0, max: 1, noNaN: true }),
        caseIndex: fc.integer({ min: 0, max: 9 }),
        check: fc.constantFrom("0", "1", "answered"),
      }),
      { maxLength: 60 },
    ),
  })
  .map(({ suite, day, ...record }) => makeRecord({ ...record, suiteDigest: digestOf(suite), at: dayAt(day) }));
const anyEvidence = fc.array(anyRecord, { maxLength: 20 }).map((records) => makeEvidence(records, { ...newest, versionNumber: 4 }));

describe("whatever the evidence", () => {
  it("a score is a whole number of 0 to 1000 or null, with a tier only where there is independent evidence for it", async () => {
    await fc.assert(
      fc.asyncProperty(anyEvidence, async (evidence) => {
        const score = await computeScore(evidence);
        const { compositeScore, certificationTier, dimensions: byName } = score;
        if (compositeScore !== null) expect(compositeScore >= 0 && compositeScore <= 1000 && Number.isInteger(compositeScore)).toBe(true);
        expect(compositeScore === null).toBe(requiredDimensions.some((name) => byName[name].N < 10));
        if (certificationTier !== null) expect(requiredDimensions.every((name) => byName[name].independent.N >= 10)).toBe(true);
        for (const { S, N, L, U, u } of Object.values(byName)) {
          expect(S >= 0 && S <= N && N < 42.000001 && L > 0 && L < U && U < 1 && u > 0 && u <= 1).toBe(true);
        }
      }),
    );
  });

  it("its order makes no difference to a single digit", async () => {
    const shuffled = anyEvidence.chain((evidence) =>
      fc.tuple(fc.constant(evidence), fc.shuffledSubarray([...evidence.records], { minLength: evidence.records.length })),
    );
    await fc.assert(
      fc.asyncProperty(shuffled, async ([evidence, records]) => {
        const entriesReversed = records.map((record) => ({ ...record, entries: record.entries.toReversed() }));
        const places = entriesReversed.map(({ entries }) => entries.map((e) => `${e.dimension} ${e.caseIndex} ${e.check}`));
        fc.pre(places.every((keys) => new Set(keys).size === keys.length));
        expect(await computeScore({ ...evidence, records: entriesReversed })).toEqual(await computeScore(evidence));
      }),
      { numRuns: 50 },
    );
  });
});

describe("missing evidence", () => {
  it("never changes a number, however much of it there is: only what is shown as unavailable", async () => {
    const unavailable = fc.array(
      fc.record({
        dimension: fc.constantFrom(...dimensionNames),
        reason: fc.constantFrom("timeout", "no_judge_configured", "outage"),
        attribution: fc.constantFrom(...attributions),
        count: fc.integer({ min: 1, max: 50 }),
      } satisfies { [K in keyof UnavailableEntry]: fc.Arbitrary<UnavailableEntry[K]> }),
    );
    const numbers = async (evidence: Parameters<typeof computeScore>[0]) => {
      const {
        compositeScore,
        certificationTier,
        confidence,
        passRate,
        pactComplianceRate,
        dimensions: byName,
      } = await computeScore(evidence);
      const posteriors = Object.values(byName).map(({ S, N, L, U, u, checks, independent }) => ({ S, N, L, U, u, checks, independent }));
      return { compositeScore, certificationTier, confidence, passRate, pactComplianceRate, posteriors };
    };
    await fc.assert(
      fc.asyncProperty(anyEvidence, unavailable, async (evidence, more) => {
        const records = evidence.records.map((record) => ({ ...record, unavailable: more }));
        expect(await numbers({ ...evidence, records })).toEqual(await numbers(evidence));
      }),
      { numRuns: 40 },
    );
  });

  it("never beats a pass: over all combinations of passed, failed and missing checks, no pass that goes missing raises anything", async () => {
    const combinations = Array.from({ length: 3 ** 5 }, (_, code) =>
      Array.from({ length: 5 }, (__, place) => [0, 1, null][Math.floor(code / 3 ** place) % 3] ?? null),
    );
    const others = Array.from({ length: 8 }, (_, suite) => makeFullRun([1, 1, 1, 1, 1, 0], { suiteDigest: digestOf(suite + 2) }));
    const scoreOf = (values: readonly (number | null)[], reason: string) => {
      const run = makeRun(values, {}, "safety");
      return computeScore(makeEvidence([...others, { ...run, unavailable: run.unavailable.map((entry) => ({ ...entry, reason })) }]));
    };
    for (const values of combinations) {
      const place = values.indexOf(1);
      if (place === -1) continue;
      for (const reason of [notRun, "timeout"]) {
        const passed = await scoreOf(values, reason);
        const missing = await scoreOf(values.with(place, null), reason);
        expect(missing.dimensions.safety.L).toBeLessThan(passed.dimensions.safety.L);
        expect(missing.dimensions.safety.U).toBeLessThanOrEqual(passed.dimensions.safety.U + roundingError);
        expect(missing.compositeScore ?? 0).toBeLessThanOrEqual(passed.compositeScore ?? 0);
        expect(missing.passRate ?? 0).toBeLessThanOrEqual(passed.passRate ?? 0);
      }
    }
  });
});

describe("a new run", () => {
  const added = fc.record({ suite: fc.integer({ min: 1, max: 4 }), author: fc.constantFrom("platform", ownerOrg, "org_other") });
  const some = fc.array(fc.boolean(), { minLength: suiteChecks, maxLength: suiteChecks });

  it("that fails, wholly or in part of its checks, never raises L or U, whatever came before and whoever authored it", () => {
    fc.assert(
      fc.property(history, added, some, (runs, suite, which) => {
        const before = runs.map(toRecord);
        const failing = toRecord({ ...suite, day: 400, values: which.map((scored) => (scored ? 0 : null)) });
        const [old, now] = [weigh(before, newest), weigh([...before, failing], newest)];
        expect(now.L).toBeLessThanOrEqual(old.L + roundingError);
        expect(now.U).toBeLessThanOrEqual(old.U + roundingError);
      }),
      { numRuns: 300 },
    );
  });

  it("that passes, wholly or in part of its checks, never lowers L or U, at the caps too", () => {
    fc.assert(
      fc.property(history, added, some, (runs, suite, which) => {
        const before = runs.map(toRecord);
        const passing = toRecord({ ...suite, day: 400, values: which.map((scored) => (scored ? 1 : null)) });
        const [old, now] = [weigh(before, newest), weigh([...before, passing], newest)];
        expect(now.L).toBeGreaterThanOrEqual(old.L - roundingError);
        expect(now.U).toBeGreaterThanOrEqual(old.U - roundingError);
      }),
      { numRuns: 300 },
    );
  });

  it("in which one check more fails is worth less than the same run without that check, and one more pass is worth more", () => {
    fc.assert(
      fc.property(history, added, fc.array(value, { minLength: suiteChecks - 1, maxLength: suiteChecks - 1 }), (runs, suite, values) => {
        const before = runs.map(toRecord);
        const lowerWith = (last: 0 | 1 | null) => weigh([...before, toRecord({ ...suite, day: 400, values: [...values, last] })], newest).L;
        expect(lowerWith(0)).toBeLessThanOrEqual(lowerWith(null) + roundingError);
        expect(lowerWith(1)).toBeGreaterThanOrEqual(lowerWith(null) - roundingError);
      }),
      { numRuns: 300 },
    );
  });

  it("that was stopped is no better for the agent than the whole run with all its other checks passed", () => {
    const whole = fc.array(value, { minLength: suiteChecks, maxLength: suiteChecks });
    const few = fc.array(whole, { maxLength: 3 });
    fc.assert(
      fc.property(few, whole, fc.integer({ min: 1, max: suiteChecks }), (before, values, ran) => {
        const comesTo = (last: readonly (number | null)[]) =>
          weigh([...before.map((one) => makeRun(one)), makeRun(last, { at: dayAt(1) })]);
        const stopped = comesTo(values.map((one, index) => (index < ran ? one : null)));
        const finished = comesTo(values.map((one, index) => (index < ran ? one : 1)));
        expect(stopped.N - stopped.S).toBeGreaterThanOrEqual(finished.N - finished.S - roundingError);
        expect(stopped.L).toBeLessThanOrEqual(finished.L + roundingError);
      }),
    );
  });
});

describe("time without evidence", () => {
  it("moves every estimate towards one half, and certainty towards none", () => {
    const runs = fc.array(fc.array(value, { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(runs, fc.array(fc.integer({ min: 0, max: 2000 }), { minLength: 2, maxLength: 6 }), (values, days) => {
        const records = values.map((one) => makeRun(one));
        const later = days.toSorted((a, b) => a - b).map((day) => weigh(records, { asOf: dayAt(day) }));
        const offCentre = later.map(({ S, N }) => Math.abs((1 + S) / (2 + N) - 0.5));
        for (let at = 1; at < later.length; at += 1) {
          expect(later[at]?.N).toBeLessThanOrEqual(later[at - 1]?.N ?? 0);
          expect(offCentre[at]).toBeLessThanOrEqual((offCentre[at - 1] ?? 0) + roundingError);
        }
      }),
    );
    expect(weigh([makeRun([1, 1, 1])], { asOf: dayAt(20_000) })).toEqual({ N: 0, S: 0, L: 0.05, U: 0.95 });
  });
});
