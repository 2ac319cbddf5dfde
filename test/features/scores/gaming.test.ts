import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { computeScore } from "../../../src/features/scores/compute-score.ts";
import { orderEvidence } from "../../../src/features/scores/consider-evidence.ts";
import type { EvidenceRecord, ScoreDocument } from "../../../src/features/scores/evidence.ts";
import { judgement, requiredDimensions } from "../../../src/features/scores/formula.ts";
import { dimensionNames } from "../../../src/scores/names.ts";
import { posteriorOf } from "../../../src/features/scores/posterior.ts";
import { weighEvidence } from "../../../src/features/scores/weigh-evidence.ts";
import { dayAt, digestOf, makeEvidence, makeFullRun, ownerOrg, passes, weigh } from "./make-evidence.ts";

// Cancelling and hanging are tried with whole runs, where cases are settled: test/features/evals/settle-cases.test.ts.

const roundingError = 2e-6;
const own = { author: ownerOrg, assurance: "own_suite" } as const;
const easyRun = (suite: string, checks: number, change: Partial<EvidenceRecord> = {}) =>
  makeFullRun(passes(checks), { suiteDigest: digestOf(suite), ...change });
const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index));
const scoreOf = (records: readonly EvidenceRecord[]): Promise<ScoreDocument> => computeScore(makeEvidence(records, { asOf: dayAt(30) }));

/** What others found of the agent: good and bad, some of it old. */
const others = fc
  .array(
    fc.record({
      author: fc.constantFrom("platform", "org_other"),
      suite: fc.integer({ min: 1, max: 6 }),
      day: fc.integer({ min: 0, max: 30 }),
      values: fc.array(fc.constantFrom(1, 1, 1, 0), { minLength: 1, maxLength: 12 }),
    }),
    { maxLength: 12 },
  )
  .map((runs) =>
    runs.map(({ author, suite, day, values }) => makeFullRun(values, { author, suiteDigest: digestOf(suite), at: dayAt(day) })),
  );

describe("repeating an easy suite", () => {
  it("never makes a score or a tier of it, however large it is and however often it is run", async () => {
    const by = fc.constantFrom({ author: "platform" }, own);
    await fc.assert(
      fc.asyncProperty(by, fc.integer({ min: 1, max: 80 }), fc.integer({ min: 1, max: 40 }), async (author, checks, runs) => {
        const score = await scoreOf(times(runs, () => easyRun("easy", checks, { ...author, at: dayAt(30) })));
        expect([score.status, score.compositeScore, score.certificationTier]).toEqual(["insufficient_evidence", null, null]);
      }),
      { seed: 11, numRuns: 30 },
    );
  });

  it("raises nothing any more after nine times", () => {
    fc.assert(
      fc.property(others, fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 20 }), (before, checks, more) => {
        const after = (runs: number) => weigh([...before, ...times(runs, () => easyRun("easy", checks, own))], { asOf: dayAt(30) });
        expect(after(judgement.repeatsCounted + more).L).toBeLessThanOrEqual(after(judgement.repeatsCounted).L + roundingError);
      }),
      { seed: 12 },
    );
  });
});

describe("changing one byte of one's own easy suite, again and again", () => {
  const variants = fc
    .integer({ min: 1, max: 40 })
    .chain((count) =>
      fc.record({ count: fc.constant(count), checks: fc.integer({ min: 1, max: 12 }), runs: fc.integer({ min: 1, max: 2 }) }),
    );
  const toRecords = ({ count, checks, runs }: { count: number; checks: number; runs: number }) =>
    times(count * runs, (index) => easyRun(`own${index % count}`, checks, { ...own, at: dayAt(30) }));

  it("never changes the tier, nor anything that others found", async () => {
    await fc.assert(
      fc.asyncProperty(others, variants, async (before, many) => {
        const [old, score] = [await scoreOf(before), await scoreOf([...before, ...toRecords(many)])];
        expect(score.certificationTier).toBe(old.certificationTier);
        for (const name of dimensionNames) expect(score.dimensions[name].independent).toEqual(old.dimensions[name].independent);
      }),
      { seed: 13, numRuns: 40 },
    );
  });

  it("lifts L by no more than twelve passes would, whatever others found", () => {
    fc.assert(
      fc.property(others, variants, (before, many) => {
        const moment = makeEvidence(before, { asOf: dayAt(30) });
        const twelve = { author: ownerOrg, value: 1, weight: judgement.ownAuthorCap };
        for (const dimension of requiredDimensions) {
          const bound = posteriorOf([...weighEvidence(orderEvidence(before), dimension, moment), twelve]);
          const reached = weigh([...before, ...toRecords(many)], { asOf: dayAt(30) }, dimension);
          expect(reached.L).toBeLessThanOrEqual(bound.L + roundingError);
        }
      }),
      { seed: 14, numRuns: 60 },
    );
  });

  it("alone comes to 794 at most, and to no tier", async () => {
    const score = await scoreOf(toRecords({ count: 60, checks: 12, runs: 3 }));
    expect([score.compositeScore, score.certificationTier]).toEqual([794, null]);
  });
});
