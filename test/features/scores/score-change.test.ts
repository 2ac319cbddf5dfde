import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { computeScore } from "../../../src/features/scores/compute-score.ts";
import type { EvidenceRecord, OpenViolation, ScoreDocument } from "../../../src/features/scores/evidence.ts";
import { announce, findChange, nextLook } from "../../../src/features/scores/score-change.ts";
import { dayAt, digestOf, makeEvidence, makeFullRun, makeRecord } from "./make-evidence.ts";

const scoreOf = (records: readonly EvidenceRecord[], day = 0) => computeScore(makeEvidence(records, { asOf: dayAt(day) }));
const some: EvidenceRecord[] = [1, 2, 3, 4, 5, 6, 7].map((suite) =>
  makeFullRun([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], { suiteDigest: digestOf(suite) }),
);
const violation: OpenViolation = {
  conditionDigest: digestOf("c"),
  conditionId: "no-leaks",
  pactDigest: digestOf("p"),
  runId: "evl_1",
  failedAt: dayAt(0),
  passesSince: 0,
  passesToClose: 28,
};

describe("what is seen to change in a score", () => {
  it.each<[string, Partial<ScoreDocument>, boolean]>([
    ["its status", { status: "insufficient_evidence" }, true],
    ["its composite, by one", { compositeScore: 800 }, true],
    ["its tier", { certificationTier: "bronze" }, true],
    ["its confidence, by a percent", { confidence: 0.864 }, true],
    ["an open violation", { openCriticalViolations: [violation] }, true],
    ["its confidence, by less than shows", { confidence: 0.8549 }, false],
    ["the time, its words and its counts", { computedAt: dayAt(9), inWords: "other", totalEvals: 5, passRate: 0.1 }, false],
  ])("is %s, or is not", async (_what, change, seen) => {
    const score = { ...(await scoreOf(some)), compositeScore: 799, confidence: 0.8512 };
    expect(findChange(score, { ...score, ...change }) !== null).toBe(seen);
  });

  it("is not that a violation was passed again, but that it is another one", async () => {
    const score = { ...(await scoreOf(some)), openCriticalViolations: [violation] };
    const other = { ...violation, conditionDigest: digestOf("d") };
    expect(findChange(score, { ...score, openCriticalViolations: [{ ...violation, passesSince: 27 }] })).toBeNull();
    expect(findChange(score, { ...score, openCriticalViolations: [other] })).not.toBeNull();
  });

  it("is nothing where an agent has its first score and that says nothing", async () => {
    expect(findChange(null, await scoreOf([makeRecord()]))).toBeNull();
    expect(findChange(null, await scoreOf(some))?.from).toMatchObject({ status: "insufficient_evidence", compositeScore: null });
  });

  it("is announced as a change of the score, and of the tier where that is another", async () => {
    const [before, after] = [await scoreOf(some), await scoreOf(some, 10)];
    expect([before.certificationTier, after.certificationTier]).toEqual(["silver", null]);
    const fall = findChange(before, after);
    const same = findChange(before, { ...before, compositeScore: 1 });
    if (fall === null || same === null) throw new Error("no change");
    expect(announce("agt_1", "scr_1", fall).map(({ action }) => action)).toEqual(["score.changed", "score.tier_changed"]);
    expect(announce("agt_1", "scr_1", fall)[1]?.change).toEqual({ scoreId: "scr_1", from: "silver", to: null });
    expect(announce("agt_1", "scr_1", same).map(({ action }) => action)).toEqual(["score.changed"]);
  });
});

describe("the next look at a score", () => {
  const runs = fc.array(
    fc.record({
      suite: fc.integer({ min: 1, max: 3 }),
      day: fc.integer({ min: 0, max: 300 }),
      values: fc.array(fc.constantFrom(0, 1), { minLength: 1, maxLength: 12 }),
    }),
    { maxLength: 6 },
  );

  it("is in a day while a percent of anything is left, and never once there is none, for then nothing changes any more", async () => {
    await fc.assert(
      fc.asyncProperty(runs, fc.integer({ min: 300, max: 1200 }), fc.integer({ min: 0, max: 2000 }), async (given, day, more) => {
        const records = given.map(({ suite, day: on, values }) => makeFullRun(values, { suiteDigest: digestOf(suite), at: dayAt(on) }));
        const score = await scoreOf(records, day);
        const look = nextLook(score, new Date(dayAt(day)));
        if (look === null) expect(findChange(score, await scoreOf(records, day + more))).toBeNull();
        else expect(look.toISOString()).toBe(dayAt(day + 1));
      }),
      { seed: 5, numRuns: 200 },
    );
    expect(nextLook(await scoreOf([]), new Date(dayAt(0)))).toBeNull();
    expect(nextLook(await scoreOf(some, 1), new Date(dayAt(1)))).not.toBeNull();
  });
});
