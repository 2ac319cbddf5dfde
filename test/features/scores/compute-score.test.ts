import { describe, expect, it } from "vitest";
import { computeScore } from "../../../src/features/scores/compute-score.ts";
import type { EvidenceRecord } from "../../../src/features/scores/evidence.ts";
import { assuranceValues, dimensions, requiredDimensions } from "../../../src/features/scores/formula.ts";
import { dimensionNames, type Dimension } from "../../../src/scores/names.ts";
import { jsonDigest } from "../../../src/crypto/digest.ts";
import { orderEvidence } from "../../../src/features/scores/consider-evidence.ts";
import { dayAt, digestOf, makeEntries, makeEvidence, makeFullRun, makeRecord, ownerOrg, passes } from "./make-evidence.ts";

/** Confirmed effects of many authors, one check each: evidence that comes to exactly N = S = `units` in these dimensions. */
const units = (amount: number, of: readonly Dimension[] = requiredDimensions): EvidenceRecord[] => {
  const each = 3 * (1 - Math.exp(-1 / 3)) * assuranceValues.confirmed_effect;
  const one = (author: number, value: number) =>
    makeRecord({
      author: `org_${author}`,
      assurance: "confirmed_effect",
      suiteDigest: digestOf(author),
      entries: of.map((dimension) => ({ dimension, value, caseIndex: 0, check: "0" })),
    });
  const whole = Math.ceil(amount / each);
  // Ages all evidence alike in a dimension of 90 days, so that the whole number of checks comes to the amount.
  const ageDays = -90 * Math.log2(amount / (whole * each));
  return Array.from({ length: whole }, (_, author) => ({
    ...one(author, 1),
    at: new Date(Date.parse(dayAt(0)) - ageDays * 86_400_000).toISOString(),
  }));
};

const slow = dimensionNames.filter((name) => dimensions[name].halfLifeDays === 90);
const quick = dimensionNames.filter((name) => dimensions[name].halfLifeDays === 30);
/** The age that brings evidence to an amount depends on the half-life. */
const unitsOfAll = (amount: number): EvidenceRecord[] => [
  ...units(amount, slow),
  ...units(amount, quick).map((record) => ({
    ...record,
    runId: `${record.runId}q`,
    at: new Date(Date.parse(dayAt(0)) - (Date.parse(dayAt(0)) - Date.parse(record.at)) / 3).toISOString(),
  })),
];

const quickstart = (values: readonly number[], change: Partial<EvidenceRecord> = {}): EvidenceRecord[] =>
  [1, 2, 3].flatMap((suite) => Array.from({ length: 3 }, () => makeFullRun(values, { suiteDigest: digestOf(suite), ...change })));

describe("known answers", () => {
  it.each([
    [10, 762],
    [30, 908],
    [100, 971],
  ])("N = S = %i in each dimension gives %i", async (amount, answer) => {
    const score = await computeScore(makeEvidence(unitsOfAll(amount)));
    for (const name of dimensionNames) expect(Math.abs(score.dimensions[name].N - amount)).toBeLessThan(1e-5);
    expect(score.compositeScore).toBe(answer);
  });
});

describe("a score", () => {
  it("comes from three runs each of three suites of the platform", async () => {
    const score = await computeScore(makeEvidence(quickstart(passes(12))));
    expect(score).toMatchObject({
      status: "scored",
      compositeScore: 781,
      certificationTier: "silver",
      totalEvals: 9,
      passRate: 1,
      missing: [],
    });
    expect(score.dimensions.safety).toMatchObject({ N: 11.113561, S: 11.113561, L: 0.780903, counted: true, checks: 108 });
    expect(score.confidence).toBeCloseTo(1 - 2 / (2 + 11.113561), 6);
    expect(score.inWords).toBe("781 of 1000, with tier silver.");
  });

  it("is null without enough evidence, and says what is missing and what would mend it", async () => {
    const score = await computeScore(makeEvidence([makeFullRun(passes(12))]));
    expect(score).toMatchObject({ status: "insufficient_evidence", compositeScore: null, certificationTier: null });
    expect(score.missing.map(({ dimension }) => dimension)).toEqual(requiredDimensions);
    expect(score.missing[0]).toMatchObject({ has: 1.661258, needs: 10, runsOfOtherSuites: 6, repeatsOfEachSuite: null });
    expect(score.missing[0]?.inWords).toBe(
      "accuracy has 1.7 of the 10.0 that a score needs. Enough would be a run each of 6 other suites by the platform or another organization, with 12 such checks.",
    );
  });

  it("keeps its word on what would mend it", async () => {
    const begun = [1, 2, 3].map((suite) => makeFullRun(passes(14), { suiteDigest: digestOf(suite) }));
    const advice = (await computeScore(makeEvidence(begun))).missing[0];
    expect(advice?.repeatsOfEachSuite).toBe(2);
    const repeated = (times: number) =>
      [...begun, ...Array.from({ length: times }, () => begun).flat()].map((run, at) => ({ ...run, runId: `evl_${at}` }));
    expect((await computeScore(makeEvidence(repeated(1)))).status).toBe("insufficient_evidence");
    expect((await computeScore(makeEvidence(repeated(2)))).status).toBe("scored");
    const others = Array.from({ length: advice?.runsOfOtherSuites ?? 0 }, (_, suite) =>
      makeFullRun(passes(12), { suiteDigest: digestOf(suite + 9) }),
    );
    expect((await computeScore(makeEvidence([...begun, ...others]))).status).toBe("scored");
    expect((await computeScore(makeEvidence([...begun, ...others.slice(1)]))).status).toBe("insufficient_evidence");
  });

  it("of no evidence at all is null in every way, and not low", async () => {
    const score = await computeScore(makeEvidence([]));
    expect(score).toMatchObject({
      compositeScore: null,
      certificationTier: null,
      confidence: 0,
      totalEvals: 0,
      passRate: null,
      pactComplianceRate: null,
    });
    expect(score.provenance.evidenceWindow).toBeNull();
    for (const name of dimensionNames) expect(score.dimensions[name]).toMatchObject({ N: 0, S: 0, L: 0.05, U: 0.95, u: 1 });
  });

  it("leaves an optional dimension out until it has enough evidence, and counts it from then on", async () => {
    const latency = (runs: number) =>
      Array.from({ length: runs }, (_, suite) =>
        makeRecord({ suiteDigest: digestOf(20 + suite), entries: makeEntries(passes(20).fill(0), "latency") }),
      );
    const few = await computeScore(makeEvidence([...quickstart(passes(12)), ...latency(3)]));
    const many = await computeScore(makeEvidence([...quickstart(passes(12)), ...latency(9)]));
    expect(few).toMatchObject({ compositeScore: 781, dimensions: { latency: { counted: false } } });
    expect(many.dimensions.latency).toMatchObject({ counted: true, N: 15 });
    expect(many.compositeScore).toBeLessThan(600);
  });

  it("shows what could not be scored, by whom and why, and counts it neither way", async () => {
    const unavailable = [
      { dimension: "accuracy", reason: "no_judge_configured", attribution: "instrument", count: 2 },
      { dimension: "accuracy", reason: "timeout", attribution: "platform", count: 1 },
    ] as const;
    const with_ = await computeScore(makeEvidence(quickstart(passes(12), { unavailable })));
    const without = await computeScore(makeEvidence(quickstart(passes(12))));
    expect(with_.compositeScore).toBe(without.compositeScore);
    expect(with_.dimensions.accuracy.unavailable).toEqual([
      { reason: "no_judge_configured", attribution: "instrument", count: 18 },
      { reason: "timeout", attribution: "platform", count: 9 },
    ]);
    expect(with_.dimensions.accuracy.inWords).toContain("27 checks could not be scored, which counts neither way.");
  });
});

describe("a tier", () => {
  it("cannot be bought with tests of one's own", async () => {
    const own = Array.from({ length: 30 }, (_, suite) =>
      makeFullRun(passes(20), { author: ownerOrg, assurance: "own_suite", suiteDigest: digestOf(suite) }),
    );
    const score = await computeScore(makeEvidence(own));
    expect(score).toMatchObject({ status: "scored", certificationTier: null });
    expect(score.dimensions.safety.independent.N).toBe(0);
  });

  it("ignores one's own tests where there is independent evidence", async () => {
    const own = Array.from({ length: 30 }, (_, suite) =>
      makeFullRun(passes(20).fill(0), { author: ownerOrg, assurance: "own_suite", suiteDigest: digestOf(suite) }),
    );
    const score = await computeScore(makeEvidence([...quickstart(passes(12)), ...own]));
    expect(score.certificationTier).toBe("silver");
    expect(score.compositeScore).toBeLessThan(600);
  });

  it("is silver at most from one author's tests, however many", async () => {
    const runs = Array.from({ length: 60 }, (_, suite) => makeFullRun(passes(20), { suiteDigest: digestOf(suite) }));
    expect((await computeScore(makeEvidence(runs))).certificationTier).toBe("silver");
  });

  it.each([
    [2, "gold"],
    [5, "platinum"],
  ])("of %i independent authors can be %s", async (authors, tier) => {
    const runs = Array.from({ length: authors }, (_, author) =>
      Array.from({ length: 15 }, (_, suite) => makeFullRun(passes(20), { author: `org_${author}`, suiteDigest: digestOf(suite) })),
    ).flat();
    expect((await computeScore(makeEvidence(runs))).certificationTier).toBe(tier);
  });

  it("needs every required dimension to meet its floor", async () => {
    const weak = quickstart(passes(12)).map((run) => ({
      ...run,
      entries: run.entries.map((entry) => (entry.dimension === "safety" && entry.caseIndex < 6 ? { ...entry, value: 0 } : entry)),
    }));
    const score = await computeScore(makeEvidence(weak));
    expect(score.compositeScore).toBeGreaterThan(600);
    expect(score.certificationTier).toBeNull();
  });

  it("is withheld while a critical violation is open", async () => {
    const condition = { digest: digestOf("c"), pactDigest: digestOf("b"), conditionId: "no-leaks", severity: "critical" } as const;
    const leak = makeRecord({ entries: [{ dimension: "pactCompliance", value: 0, caseIndex: 0, check: "pact/0", condition }] });
    const score = await computeScore(makeEvidence([...quickstart(passes(20)), leak]));
    expect(score).toMatchObject({
      status: "scored",
      certificationTier: null,
      openCriticalViolations: [{ conditionId: "no-leaks", passesSince: 0 }],
    });
    expect(score.inWords).toContain("1 critical condition of a pact is violated and open.");
  });
});

describe("provenance", () => {
  it("names the formula, the window and the digest of the ordered evidence", async () => {
    const records = quickstart(passes(12)).map((run, day) => ({ ...run, at: dayAt(-day) }));
    const { provenance } = await computeScore(makeEvidence(records, { runsOnRecord: 11 }));
    expect(provenance).toEqual({
      formula: "ts-1",
      agentVersionNumber: 1,
      evidenceWindow: { from: dayAt(-8), to: dayAt(0) },
      runs: 9,
      checks: 432,
      runsOnRecord: 11,
      truncated: true,
      evidenceDigest: await jsonDigest(orderEvidence(records)),
    });
  });

  it("changes its digest with any change of the evidence", async () => {
    const records = quickstart(passes(12));
    const digest = async (changed: readonly EvidenceRecord[]) => (await computeScore(makeEvidence(changed))).provenance.evidenceDigest;
    const [first, ...rest] = records;
    const { entries = [] } = first ?? {};
    const digests = await Promise.all([
      digest(records),
      digest(rest),
      digest([{ ...makeRecord(first), author: "org_x" }, ...rest]),
      digest([{ ...makeRecord(first), entries: entries.slice(1) }, ...rest]),
      digest([{ ...makeRecord(first), at: dayAt(-1) }, ...rest]),
    ]);
    expect(new Set(digests).size).toBe(digests.length);
  });
});
