import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { failed, passed } from "../../../src/features/evals/checks/judgement.ts";
import type { PactJudge } from "../../../src/features/evals/checks/pact.ts";
import { judgeCase, type CaseOutcome } from "../../../src/features/evals/judge-case.ts";
import { wasAnswered, type CaseResult } from "../../../src/features/evals/result.ts";
import { evidenceOf } from "../../../src/features/evals/run-evidence.ts";
import { runStatuses, summarizeRun, type FinalStatus } from "../../../src/features/evals/run.ts";
import { settleCases, splitUnrecorded } from "../../../src/features/evals/settle-cases.ts";
import { SuiteCase } from "../../../src/features/evals/suite.ts";
import { computeScore } from "../../../src/features/scores/compute-score.ts";
import type { EvidenceRecord, ScoreDocument } from "../../../src/features/scores/evidence.ts";
import { dimensionNames } from "../../../src/scores/names.ts";
import { dayAt, makeEvidence, makeFullRun, passes } from "../scores/make-evidence.ts";
import { observe } from "./checks/observation.ts";

const pact: PactJudge = {
  conditions: [{ condition: { id: "polite", severity: "critical", digest: "sha256:c", pactDigest: "sha256:p" }, selfReported: false }],
  judge: ({ answer }) => [answer.text.includes("hi") ? passed : failed("rude")],
};
const suiteOf = (count: number): SuiteCase[] =>
  Array.from({ length: count }, (_, index) =>
    SuiteCase.parse({
      id: `c${index}`,
      input: `Hello ${index}?`,
      expectations: [
        { kind: "contains", values: ["hi"] },
        { kind: "pii", kinds: ["email"] },
        { kind: "latency", maxMs: 5000 },
        { kind: "jury", rubric: "kind?" },
        { kind: "pact" },
      ],
    }),
  );

const outcomes = {
  right: { ok: true, observation: observe("hi") },
  wrong: { ok: true, observation: observe("write to me@acme.com") },
  silent: { ok: false, attribution: "agent", reason: "timeout" },
  ours: { ok: false, attribution: "platform", reason: "dns_unreachable" },
} as const satisfies Record<string, CaseOutcome>;
type Outcome = keyof typeof outcomes;
const scoredOutcomes = ["right", "wrong", "silent"] as const satisfies readonly Outcome[];

const end = new Date(dayAt(1));
const record = (suiteCase: SuiteCase, index: number, outcome: Outcome): CaseResult => ({
  ...judgeCase(suiteCase, outcomes[outcome], pact),
  index,
  caseId: suiteCase.id,
  attempts: [],
  inputDigest: "sha256:i",
  outputDigest: null,
  latencyMs: null,
  at: end,
});

/** A running run at some moment: what became of the cases that are recorded, and which the agent is being asked. */
type Moment = {
  readonly count: number;
  readonly concurrency: number;
  readonly recorded: ReadonlyMap<number, Outcome>;
  readonly open: number[];
};

/** Puts cases to an agent as conductRun does: each that ends makes room for the next of the suite. */
function playRun(count: number, concurrency: number, steps: readonly { readonly which: number; readonly outcome: Outcome }[]): Moment {
  const pending = Array.from({ length: count }, (_, index) => index);
  const open = pending.splice(0, concurrency);
  const recorded = new Map<number, Outcome>();
  for (const { which, outcome } of steps) {
    const [ended] = open.splice(which % Math.max(1, open.length), 1);
    if (ended !== undefined) recorded.set(ended, outcome);
    open.push(...pending.splice(0, 1));
  }
  return { count, concurrency, recorded, open: open.toSorted((a, b) => a - b) };
}

const outcome = fc.constantFrom<Outcome>("right", "right", "wrong", "silent", "ours");
const moments = fc
  .tuple(
    fc.integer({ min: 1, max: 10 }),
    fc.integer({ min: 1, max: 4 }),
    fc.array(fc.record({ which: fc.nat(3), outcome }), { maxLength: 12 }),
  )
  .map(([count, concurrency, steps]) => playRun(count, concurrency, steps));

/** The end of a run: what it found, and what it is evidence of. `more`: what else was recorded before. */
async function endRun({ count, concurrency, recorded }: Moment, to: FinalStatus, more: readonly (readonly [number, Outcome])[] = []) {
  const suiteCases = suiteOf(count);
  const results = [...recorded, ...more].flatMap(([index, how]) => {
    const suiteCase = suiteCases[index];
    return suiteCase === undefined ? [] : [record(suiteCase, index, how)];
  });
  const run = { status: "running", concurrency, judgePanelId: null } as const;
  const settled = await settleCases({ run, suiteCases, pact, recorded: results.toSorted((a, b) => a.index - b.index) }, to, end);
  const subject = { runId: "evl_9", suiteDigest: "sha256:s", author: "platform", assurance: "independent_suite", at: end } as const;
  const evidence = evidenceOf({ ...subject, versionNumber: 1, versionDigest: "sha256:v" }, settled.results, settled.notRunChecks);
  return { ...settled, evidence, summary: summarizeRun(to, settled.results, count, 0.6) };
}

/** What the agent had before: nothing, too little for a score, or enough for one; of other suites or of this one. */
const histories = fc.array(
  fc.record({ author: fc.constantFrom("platform", "org_owner", "org_other"), good: fc.nat(30), bad: fc.nat(10), same: fc.boolean() }),
  { maxLength: 3 },
);
type History = Parameters<Parameters<typeof histories.map>[0]>[0];
const recordsOf = (history: History): EvidenceRecord[] =>
  history.map(({ author, good, bad, same }) =>
    makeFullRun([...passes(good), ...passes(bad).map(() => 0)], { author, ...(same ? { suiteDigest: "sha256:s" } : {}) }),
  );
const scoreWith = (before: readonly EvidenceRecord[], evidence: EvidenceRecord): Promise<ScoreDocument> =>
  computeScore(makeEvidence([...before, evidence], { asOf: dayAt(1) }));

function expectNoHigher(score: ScoreDocument, other: ScoreDocument): void {
  for (const dimension of dimensionNames) expect(score.dimensions[dimension].L).toBeLessThanOrEqual(other.dimensions[dimension].L);
}

describe("splitUnrecorded", () => {
  const cancelled = { from: "running", to: "cancelled" } as const;

  it("finds what the agent is being asked when its tenant stops the run", () => {
    expect(splitUnrecorded(6, new Set([0, 1, 3]), 2, cancelled)).toEqual({ asked: [2, 4], notRun: [5] });
    expect(splitUnrecorded(3, new Set([0]), 4, cancelled)).toEqual({ asked: [1, 2], notRun: [] });
    expect(splitUnrecorded(2, new Set([0, 1]), 4, cancelled)).toEqual({ asked: [], notRun: [] });
  });

  it("holds nothing open against an agent that was not asked yet, nor where we broke off", () => {
    expect(splitUnrecorded(3, new Set(), 2, { from: "queued", to: "cancelled" })).toEqual({ asked: [], notRun: [0, 1, 2] });
    for (const to of ["partial", "errored", "completed"] as const) {
      expect(splitUnrecorded(3, new Set([1]), 2, { from: "running", to })).toEqual({ asked: [], notRun: [0, 2] });
    }
  });

  it("names exactly the cases that are open, at any moment of any run, and each case once", () => {
    fc.assert(
      fc.property(moments, ({ count, concurrency, recorded, open }) => {
        const { asked, notRun } = splitUnrecorded(count, new Set(recorded.keys()), concurrency, cancelled);
        expect(asked).toEqual(open);
        expect([...recorded.keys(), ...asked, ...notRun].toSorted((a, b) => a - b)).toEqual(
          Array.from({ length: count }, (_, index) => index),
        );
      }),
    );
  });

  it("takes away nothing from any end but a tenant's", () => {
    fc.assert(
      fc.property(moments, fc.constantFrom(...runStatuses), ({ count, concurrency, recorded }, from) => {
        for (const to of ["completed", "partial", "errored"] as const) {
          expect(splitUnrecorded(count, new Set(recorded.keys()), concurrency, { from, to }).asked).toEqual([]);
        }
      }),
    );
  });
});

describe("a cancelled run", () => {
  it("is evidence of exactly the same as if its open cases had timed out, at any moment", async () => {
    await fc.assert(
      fc.asyncProperty(moments, async (moment) => {
        const cancelled = await endRun(moment, "cancelled");
        const timedOut = await endRun(
          moment,
          "partial",
          moment.open.map((index) => [index, "silent"]),
        );
        expect(cancelled.evidence).toEqual(timedOut.evidence);
        expect(cancelled.summary).toEqual(timedOut.summary);
        expect(cancelled.unanswered.map(({ index }) => index)).toEqual(moment.open);
        for (const { status, checks } of cancelled.unanswered) {
          expect(status).toBe("error");
          expect(checks[0]).toMatchObject({ kind: "answered", attribution: "agent", reason: "cancelled_while_asked" });
        }
      }),
    );
  });

  it("accounts for every case, and never passes more of them than one that broke off", async () => {
    await fc.assert(
      fc.asyncProperty(moments, async (moment) => {
        const { summary } = await endRun(moment, "cancelled");
        const brokenOff = (await endRun(moment, "partial")).summary;
        const { total, passed: good, failed: bad, errored, unscored, notApplicable, notRun } = summary.counts;
        expect(good + bad + errored + unscored + notApplicable + notRun).toBe(total);
        expect(notRun).toBe(brokenOff.counts.notRun - moment.open.length);
        expect(summary.passRate ?? 0).toBeLessThanOrEqual(brokenOff.passRate ?? 0);
        expect(summary.verdict).toBe("inconclusive");
      }),
    );
  });

  it("never has a higher L in any dimension than one that broke off at the same moment through a fault of ours", async () => {
    await fc.assert(
      fc.asyncProperty(moments, histories, async (moment, history) => {
        const before = recordsOf(history);
        const cancelled = await scoreWith(before, (await endRun(moment, "cancelled")).evidence);
        expectNoHigher(cancelled, await scoreWith(before, (await endRun(moment, "partial")).evidence));
      }),
      { numRuns: 60 },
    );
  });

  it("of an agent that answered anything never scores higher than had it answered what was open, however badly", async () => {
    const answers = fc.array(fc.constantFrom(...scoredOutcomes), { minLength: 4, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(moments, histories, answers, fc.boolean(), async (moment, history, given, toTheEnd) => {
        const before = recordsOf(history);
        const cancelled = await endRun(moment, "cancelled");
        fc.pre(cancelled.results.some(wasAnswered));
        const answered = moment.open.map((index, place) => [index, given[place] ?? "wrong"] as const);
        // At its best the agent can answer all that comes after.
        const after = Array.from({ length: moment.count }, (_, index) => index)
          .filter((index) => toTheEnd && !moment.recorded.has(index) && !moment.open.includes(index))
          .map((index) => [index, "right"] as const);
        const finished = await endRun(moment, toTheEnd ? "completed" : "partial", [...answered, ...after]);
        const [score, other] = [await scoreWith(before, cancelled.evidence), await scoreWith(before, finished.evidence)];
        expectNoHigher(score, other);
        if (score.compositeScore !== null) expect(score.compositeScore).toBeLessThanOrEqual(other.compositeScore ?? -1);
      }),
      { numRuns: 60 },
    );
  });
});

describe("a run that goes badly for its agent", () => {
  const scoreBefore = (before: readonly EvidenceRecord[]) => computeScore(makeEvidence(before, { asOf: dayAt(1) }));
  const badly = (how: readonly Outcome[]) =>
    fc
      .tuple(
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.record({ which: fc.nat(3), outcome: fc.constantFrom(...how) }), { maxLength: 12 }),
      )
      .map(([count, concurrency, steps]) => playRun(count, concurrency, steps));
  const ends = fc.constantFrom<FinalStatus>("cancelled", "partial", "completed");

  it("raises nothing at all where it hangs on every case, however its owner ends it", async () => {
    await fc.assert(
      fc.asyncProperty(badly(["silent"]), histories, ends, async (moment, history, to) => {
        const before = recordsOf(history);
        const [old, score] = [await scoreBefore(before), await scoreWith(before, (await endRun(moment, to)).evidence)];
        expectNoHigher(score, old);
        expect(score.compositeScore ?? -1).toBeLessThanOrEqual(old.compositeScore ?? -1);
        if (old.certificationTier === null) expect(score.certificationTier).toBeNull();
      }),
      { numRuns: 60 },
    );
  });

  it("raises nothing of what it was asked for where it answers wrongly or hangs, at whatever moment its owner cancels it", async () => {
    await fc.assert(
      fc.asyncProperty(badly(["wrong", "silent"]), histories, async (moment, history) => {
        const before = recordsOf(history);
        const [old, score] = [await scoreBefore(before), await scoreWith(before, (await endRun(moment, "cancelled")).evidence)];
        for (const dimension of ["accuracy", "safety", "pactCompliance"] as const) {
          expect(score.dimensions[dimension].L).toBeLessThanOrEqual(old.dimensions[dimension].L);
        }
      }),
      { numRuns: 60 },
    );
  });
});
