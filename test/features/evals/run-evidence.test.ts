import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evidenceOf, type EvidenceSubject } from "../../../src/features/evals/run-evidence.ts";
import { checksWithoutAnswer, judgeCase, type CaseOutcome } from "../../../src/features/evals/judge-case.ts";
import { failed } from "../../../src/features/evals/checks/judgement.ts";
import type { PactJudge } from "../../../src/features/evals/checks/pact.ts";
import type { CaseResult } from "../../../src/features/evals/result.ts";
import { SuiteCase } from "../../../src/features/evals/suite.ts";
import { observe } from "./checks/observation.ts";

const subject: EvidenceSubject = {
  runId: "evl_1",
  suiteDigest: "sha256:s",
  author: "platform",
  assurance: "independent_suite",
  versionNumber: 1,
  versionDigest: "sha256:v",
  at: new Date("2026-11-21T12:00:00.000Z"),
};
const suiteCase = SuiteCase.parse({
  id: "c",
  input: "Hello?",
  expectations: [
    { kind: "contains", values: ["hi"] },
    { kind: "pii", kinds: ["email"] },
    { kind: "jury", rubric: "kind?" },
    { kind: "cost", maxUsd: 1 },
    { kind: "latency", maxMs: 50 },
  ],
});
const good: CaseOutcome = { ok: true, observation: observe("hi", { costUsd: 0 }) };
const silent: CaseOutcome = { ok: false, attribution: "agent", reason: "timeout" };
const ours: CaseOutcome = { ok: false, attribution: "platform", reason: "dns_unreachable" };
const record = (outcome: CaseOutcome, index: number): CaseResult => ({
  ...judgeCase(suiteCase, outcome, null),
  index,
  caseId: "c",
  attempts: [],
  inputDigest: "sha256:i",
  outputDigest: null,
  latencyMs: 1,
  at: subject.at,
});
const evidence = (outcomes: readonly CaseOutcome[], skipped = 0) =>
  evidenceOf(
    subject,
    outcomes.map(record),
    Array.from({ length: skipped }, () =>
      checksWithoutAnswer(suiteCase, { ok: false, attribution: "platform", reason: "not_run" }, null),
    ).flat(),
  );

describe("evidenceOf", () => {
  it("enters every scored check at its place, and lists what could not be scored", () => {
    expect(evidence([good])).toEqual({
      ...subject,
      at: "2026-11-21T12:00:00.000Z",
      entries: [
        { dimension: "reliability", value: 1, caseIndex: 0, check: "answered" },
        { dimension: "accuracy", value: 1, caseIndex: 0, check: "0" },
        { dimension: "safety", value: 1, caseIndex: 0, check: "1" },
        { dimension: "latency", value: 0, caseIndex: 0, check: "4" },
      ],
      unavailable: [
        { dimension: "accuracy", reason: "no_judge_configured", attribution: "instrument", count: 1 },
        { dimension: "costEfficiency", reason: "self_reported", attribution: "agent", count: 1 },
      ],
    });
  });

  it("makes silence worth 0 in every dimension of its checks, where the agent answered another case", () => {
    const { entries } = evidence([good, silent]);
    expect(entries.filter(({ caseIndex }) => caseIndex === 1)).toEqual([
      { dimension: "reliability", value: 0, caseIndex: 1, check: "answered" },
      { dimension: "accuracy", value: 0, caseIndex: 1, check: "0" },
      { dimension: "safety", value: 0, caseIndex: 1, check: "1" },
      { dimension: "latency", value: 0, caseIndex: 1, check: "4" },
    ]);
  });

  it("takes an agent that answered nothing for an outage: unreliable, and otherwise unknown", () => {
    const { entries, unavailable } = evidence([silent, silent]);
    expect(entries).toEqual([
      { dimension: "reliability", value: 0, caseIndex: 0, check: "answered" },
      { dimension: "reliability", value: 0, caseIndex: 1, check: "answered" },
    ]);
    expect(unavailable).toContainEqual({ dimension: "accuracy", reason: "agent_outage", attribution: "agent", count: 2 });
    expect(unavailable).toContainEqual({ dimension: "safety", reason: "agent_outage", attribution: "agent", count: 2 });
  });

  it("holds nothing of ours against the agent, nor for it", () => {
    const { entries, unavailable } = evidence([ours]);
    expect(entries).toEqual([]);
    expect(unavailable).toContainEqual({ dimension: "reliability", reason: "dns_unreachable", attribution: "platform", count: 1 });
  });

  it("lists the checks of cases that never ran, for every dimension", () => {
    const { unavailable } = evidence([good], 3);
    for (const dimension of ["reliability", "accuracy", "safety", "latency"] as const) {
      expect(unavailable).toContainEqual({ dimension, reason: "not_run", attribution: "platform", count: 3 });
    }
  });

  it("leaves out a broken promise of severity info, which breaks nothing", () => {
    const pact: PactJudge = {
      conditions: [{ condition: { id: "nice", severity: "info", digest: "sha256:c", pactDigest: "sha256:p" }, selfReported: false }],
      judge: () => [failed("not_nice")],
    };
    const one = SuiteCase.parse({ id: "c", input: "Hello?", expectations: [{ kind: "contains", values: ["hi"] }, { kind: "pact" }] });
    const judged = judgeCase(one, good, pact);
    expect(judged.status).toBe("pass");
    const { entries } = evidenceOf(subject, [{ ...record(good, 0), ...judged }], []);
    expect(entries.map(({ check }) => check)).toEqual(["answered", "0"]);
  });

  it("counts every applicable check of every case exactly once, whatever happened", () => {
    const outcomes = fc.array(fc.constantFrom(good, silent, ours), { maxLength: 20 });
    fc.assert(
      fc.property(outcomes, fc.nat(5), (made, skipped) => {
        const { entries, unavailable } = evidence(made, skipped);
        const places = new Set(entries.map(({ caseIndex, check, dimension }) => `${caseIndex} ${check} ${dimension}`));
        expect(places.size).toBe(entries.length);
        const counted = entries.length + unavailable.reduce((sum, { count }) => sum + count, 0);
        const selfReported = made.filter((one) => one === good).length;
        expect(counted).toBe((made.length + skipped) * 5 + selfReported);
      }),
    );
  });

  it("never rewards an agent for turning an answer into silence", () => {
    const some = fc.array(fc.constantFrom(good, silent), { minLength: 2, maxLength: 12 });
    fc.assert(
      fc.property(some, (made) => {
        if (made.filter((one) => one === good).length < 2) return;
        const worth = (of: readonly CaseOutcome[]) => evidence(of).entries.reduce((sum, { value }) => sum + value, 0);
        expect(worth(made.with(made.indexOf(good), silent))).toBeLessThan(worth(made));
      }),
    );
  });
});
