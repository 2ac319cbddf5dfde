import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EvidenceRecord } from "../../../src/features/scores/evidence.ts";
import { assuranceValues } from "../../../src/features/scores/formula.ts";
import { assuranceNames } from "../../../src/scores/names.ts";
import { weighEvidence } from "../../../src/features/scores/weigh-evidence.ts";
import { dayAt, digestOf, makeRecord, makeRun, ownerOrg, passes, weigh } from "./make-evidence.ts";

const mass = (m: number): number => m / (1 + 0.3 * (m - 1));
const repeats = (n: number): number => 3 * (1 - Math.exp(-n / 3));

describe("what evidence weighs", () => {
  it.each([1, 2, 12, 20, 500])("gives a run of %i checks the mass of a cluster, by what its suite is worth", (m) => {
    expect(weigh([makeRun(passes(m))]).N).toBeCloseTo(mass(m) * repeats(1) * 0.7, 6);
  });

  it.each([1, 2, 3, 9])("gives %i runs of one suite 3 (1 - e^(-n/3)) times a run's mass, whatever they found", (n) => {
    const { N, S } = weigh(Array.from({ length: n }, (_, run) => makeRun([...passes(10), run % 2, 0])));
    expect(N).toBeCloseTo(mass(12) * repeats(n) * 0.7, 6);
    expect(S).toBeCloseTo((N * (10 * n + Math.floor(n / 2))) / (12 * n), 5);
  });

  it("lets repeats of a suite without end weigh less than three first-hand runs", () => {
    const weights = [9, 10, 100, 1000].map((n) => weigh(Array.from({ length: n }, () => makeRun(passes(12)))).N);
    for (const N of weights) expect(N).toBeLessThan(3 * mass(12) * 0.7);
    expect(new Set(weights).size).toBe(1);
  });

  it("forgets what the newest nine runs of a suite have superseded", () => {
    const bad = makeRun([0], { at: dayAt(0) });
    const good = Array.from({ length: 9 }, (_, run) => makeRun([1], { at: dayAt(run + 1) }));
    expect(weigh([bad, ...good.slice(1)], { asOf: dayAt(9) }).S).toBeLessThan(weigh([bad, ...good.slice(1)], { asOf: dayAt(9) }).N);
    const { N, S } = weigh([bad, ...good], { asOf: dayAt(9) });
    expect(S).toBe(N);
  });

  it("keeps an agent that is tested every day for a year worth a score", () => {
    const suites = [1, 2, 3].flatMap((suite) =>
      Array.from({ length: 365 }, (_, day) => makeRun(passes(12), { suiteDigest: digestOf(suite), at: dayAt(day) }, "safety")),
    );
    expect(weigh(suites, { asOf: dayAt(365) }, "safety").N).toBeGreaterThan(14);
  });

  it.each(assuranceNames)("multiplies by the assurance of %s", (assurance) => {
    expect(weigh([makeRun([1], { assurance })]).N).toBeCloseTo(repeats(1) * assuranceValues[assurance], 6);
  });

  describe("where judges decided", () => {
    const decided = (calibrated: boolean, change: Parameters<typeof makeRun>[1] = {}) => {
      const run = makeRun([1], change);
      const jury = { panelDigest: digestOf("p"), promptDigest: digestOf("q"), calibrated };
      return { ...run, entries: run.entries.map((entry) => ({ ...entry, jury })) };
    };

    it("gives 0.3 to uncalibrated ones and 0.5 to calibrated ones, and never more than the run is worth", () => {
      for (const assurance of assuranceNames) {
        const whole = assuranceValues[assurance];
        expect(weigh([decided(false, { assurance })]).N).toBeCloseTo(repeats(1) * Math.min(whole, 0.3), 6);
        expect(weigh([decided(true, { assurance })]).N).toBeCloseTo(repeats(1) * Math.min(whole, 0.5), 6);
      }
    });

    it("takes them for the agent's own organization, whosever suite it is: for its cap, and not for a tier", () => {
      const runs = Array.from({ length: 60 }, (_, suite) => decided(true, { suiteDigest: digestOf(suite) }));
      expect(weigh(runs).N).toBeCloseTo(12, 5);
      const weighed = weighEvidence(runs, "accuracy", { asOf: dayAt(0), versionNumber: 1, ownerOrg });
      expect(weighed.length).toBe(60);
      expect(weighed.every(({ author }) => author === ownerOrg)).toBe(true);
    });

    it("leaves other checks of the same run as they are", () => {
      const [mixed] = [makeRun([1, 1])];
      const [first, second] = mixed?.entries ?? [];
      const [judged] = decided(false).entries;
      if (mixed === undefined || first === undefined || second === undefined || judged === undefined) throw new Error("no check");
      const entries = [first, { ...second, jury: judged.jury }];
      expect(weigh([{ ...mixed, entries }]).N).toBeCloseTo((mass(2) / 2) * repeats(1) * (0.7 + 0.3), 6);
    });
  });

  it("does not let what was merely reported dilute what was checked", () => {
    const checked = makeRun([1, 0, 1]);
    const reported = makeRun([1, 1, 1], { assurance: "reported" });
    expect(weigh([checked, reported])).toEqual(weigh([checked]));
  });

  it("halves with each half-life of its dimension, and with each version of the agent since", () => {
    const fresh = weigh([makeRun([1])]).N;
    expect(weigh([makeRun([1])], { asOf: dayAt(90) }).N).toBeCloseTo(fresh / 2, 5);
    expect(weigh([makeRun([1], {}, "safety")], { asOf: dayAt(90) }, "safety").N).toBeCloseTo(fresh / 8, 5);
    expect(weigh([makeRun([1])], { versionNumber: 3 }).N).toBeCloseTo(fresh / 4, 5);
  });

  it("takes evidence from the future, or of a version to come, as of now", () => {
    const run = makeRun([1], { at: dayAt(5), versionNumber: 4 });
    expect(weigh([run], { asOf: dayAt(0), versionNumber: 1 })).toEqual(weigh([makeRun([1])]));
  });

  it("counts the repeats of each version for themselves", () => {
    const first = makeRun([1], { versionNumber: 1 });
    const second = makeRun([1], { versionNumber: 2 });
    expect(weigh([first, second], { versionNumber: 2 }).N).toBeCloseTo(repeats(1) * 0.7 * 1.5, 6);
  });

  it("lets no author weigh more than 15, nor the agent's own organization more than 12, however many suites they vary", () => {
    const variants = (author: string) =>
      Array.from({ length: 40 }, (_, suite) => makeRun(passes(20), { author, suiteDigest: digestOf(suite) }));
    expect(weigh(variants("platform")).N).toBe(15);
    expect(weigh(variants(ownerOrg)).N).toBe(12);
    expect(weigh([...variants("platform"), ...variants(ownerOrg), ...variants("org_other")]).N).toBe(42);
  });

  it("scales a capped author's suites in proportion", () => {
    const good = Array.from({ length: 30 }, (_, suite) => makeRun(passes(20), { suiteDigest: digestOf(suite) }));
    const bad = Array.from({ length: 10 }, (_, suite) => makeRun(passes(20).fill(0), { suiteDigest: digestOf(100 + suite) }));
    expect(weigh([...good, ...bad])).toMatchObject({ N: 15, S: 11.25 });
  });

  it("weighs a graded check by its value", () => {
    const { N, S } = weigh([makeRun([0.25, 0.75, 0.5])]);
    expect(S).toBeCloseTo(N / 2, 6);
  });

  it("weighs nothing where nothing was scored", () => {
    const unavailable = [{ dimension: "accuracy", reason: "no_judge_configured", attribution: "instrument", count: 9 }] as const;
    expect(weigh([makeRecord({ unavailable })])).toEqual({ N: 0, S: 0, L: 0.05, U: 0.95 });
  });
});

describe("a run that was stopped", () => {
  const full = makeRun([0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
  const stopped = makeRun([0, 0, 0, null, null, null, null, null, null, null, null, null]);
  const badShare = ({ N, S }: { N: number; S: number }): number => N - S;

  it("keeps every failure that it found at its full weight", () => {
    expect(badShare(weigh([stopped]))).toBeCloseTo(badShare(weigh([full])), 5);
    expect(weigh([stopped]).L).toBeLessThan(weigh([full]).L);
  });

  it("cannot dilute the failures of whole runs by being started again and again", () => {
    const easyCaseOnly = Array.from({ length: 50 }, () => makeRun([null, null, null, null, 1, null, null, null, null, null, null, null]));
    const whole = [full, { ...full, runId: "evl_b" }, { ...full, runId: "evl_c" }];
    expect(badShare(weigh([...whole, ...easyCaseOnly]))).toBeCloseTo(badShare(weigh(whole)), 5);
  });

  it("cannot buy weight with one easy case", () => {
    const easyCaseOnly = Array.from({ length: 50 }, () => makeRun([1, ...passes(11).map(() => null)]));
    expect(weigh(easyCaseOnly).N).toBeLessThan((3 * 0.7 * mass(12)) / 12);
  });
});

describe("three suites of the platform, three runs each", () => {
  const quickstart = (m: number) =>
    [1, 2, 3].flatMap((suite) => Array.from({ length: 3 }, () => makeRun(passes(m), { suiteDigest: digestOf(suite) })));

  it("are enough for a score from eight checks in a dimension on", () => {
    expect(weigh(quickstart(7)).N).toBeLessThan(10);
    expect(weigh(quickstart(8)).N).toBeGreaterThan(10);
    expect(weigh(quickstart(12)).N).toBeCloseTo(11.1136, 4);
  });

  it("stay enough for four days in a dimension that forgets by half in thirty", () => {
    expect(weigh(quickstart(12), { asOf: dayAt(13) }).N).toBeGreaterThan(10);
    const safety = (asOf: string) =>
      weigh(
        quickstart(12).map((run) => ({ ...run, entries: run.entries.map((entry) => ({ ...entry, dimension: "safety" as const })) })),
        { asOf },
        "safety",
      ).N;
    expect(safety(dayAt(4))).toBeGreaterThan(10);
    expect(safety(dayAt(5))).toBeLessThan(10);
  });
});

describe("what counterparties add", () => {
  const rating = (author: string, value: number, change: Partial<EvidenceRecord> = {}): EvidenceRecord =>
    makeRecord({
      ...{ author, assurance: "confirmed_effect", suiteDigest: digestOf(`${author}${Math.random()}`.slice(0, 60)) },
      entries: [{ dimension: "counterparty", value, caseIndex: 0, check: "rating" }],
      ...change,
    });
  const limit = (n: number) => 3 * (1 - Math.exp(-n / 3));

  it("is 3 (1 - e^(-n/3)) of one, for n ratings up to nine", () => {
    for (const n of [1, 2, 3, 9]) {
      const ratings = Array.from({ length: n }, () => rating("org_b", 1));
      expect(weigh(ratings, {}, "counterparty").N).toBeCloseTo(limit(n), 6);
    }
    expect(
      weigh(
        Array.from({ length: 500 }, () => rating("org_b", 1)),
        {},
        "counterparty",
      ).N,
    ).toBeCloseTo(limit(9), 6);
  });

  it("is never more than that, whatever it rates: other versions of the agent and other receipts are the same counterparty", () => {
    const one = fc.record({
      author: fc.constantFrom("org_b", "org_c"),
      value: fc.double({ min: 0, max: 1, noNaN: true }),
      versionNumber: fc.integer({ min: 1, max: 4 }),
      day: fc.integer({ min: 195, max: 200 }),
      suite: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 80, size: "max" }), (all) => {
        const records = all.map(({ author, value, versionNumber, day, suite }) =>
          rating(author, value, { versionNumber, at: dayAt(day), suiteDigest: digestOf(suite) }),
        );
        const ofEach = ["org_b", "org_c"].map((name) => limit(records.filter(({ author }) => author === name).length));
        const { N, S } = weigh(records, { asOf: dayAt(200), versionNumber: 4 }, "counterparty");
        expect(N).toBeLessThanOrEqual(ofEach.reduce((sum, most) => sum + most, 0) + 1e-6);
        expect(S).toBeLessThanOrEqual(N);
      }),
    );
  });
});
