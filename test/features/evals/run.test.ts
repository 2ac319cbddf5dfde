import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CaseResult, CaseStatus, CheckResult } from "../../../src/features/evals/result.ts";
import { mayFollow, runStatuses, summarizeRun, wilsonLower95 } from "../../../src/features/evals/run.ts";

const check = (over: Partial<CheckResult>): CheckResult => ({
  place: "0",
  kind: "contains",
  dimension: "accuracy",
  status: "pass",
  value: 1,
  attribution: null,
  reason: null,
  required: false,
  weight: 1,
  selfReported: false,
  condition: null,
  ...over,
});
const answered = check({ place: "answered", kind: "answered", dimension: "reliability" });
const silent = check({ ...answered, status: "fail", value: 0, attribution: "agent", reason: "timeout" });
const ours = check({ ...answered, status: "error", value: null, attribution: "platform", reason: "dns_unreachable" });

let next = 0;
const one = (status: CaseStatus, checks: readonly CheckResult[]): CaseResult => ({
  index: (next += 1),
  caseId: `c${next}`,
  status,
  checks,
  attempts: [],
  inputDigest: "sha256:0",
  outputDigest: null,
  latencyMs: null,
  at: new Date(0),
});
const cases = (count: number, make: () => CaseResult): CaseResult[] => Array.from({ length: count }, make);
const pass = () => one("pass", [answered, check({})]);
const fail = () => one("fail", [answered, check({ status: "fail", value: 0, attribution: "agent" })]);
const silence = () => one("error", [silent, check({ status: "error", value: null, attribution: "agent", reason: "timeout" })]);
const fault = () => one("error", [ours, check({ status: "error", value: null, attribution: "platform", reason: "dns_unreachable" })]);

describe("summarizeRun", () => {
  it("passes a run of 14 perfect cases at the floor of bronze", () => {
    const summary = summarizeRun("completed", cases(14, pass), 14, 0.6);
    expect(summary).toMatchObject({ passRate: 1, availability: 1, verdict: "pass", reasonCodes: [] });
    expect(summary.lower95).toBeCloseTo(0.838, 3);
  });

  it("fails a run whose pass rate is under the floor, and leaves one that is merely uncertain open", () => {
    expect(summarizeRun("completed", [...cases(7, pass), ...cases(7, fail)], 14, 0.6)).toMatchObject({
      verdict: "fail",
      reasonCodes: ["pass_rate_below_floor"],
    });
    expect(summarizeRun("completed", [...cases(2, pass), ...cases(1, fail)], 3, 0.6)).toMatchObject({
      verdict: "inconclusive",
      reasonCodes: ["lower_bound_below_floor"],
    });
  });

  it("counts silence as failure where the agent answered other cases", () => {
    const summary = summarizeRun("completed", [...cases(10, pass), ...cases(4, silence)], 14, 0.6);
    expect(summary.counts).toMatchObject({ passed: 10, failed: 4, silent: 4, errored: 0 });
    expect(summary.availability).toBe(1);
    expect(summary.passRate).toBeCloseTo(10 / 14);
  });

  it("says nothing of the quality of an agent that answered nothing", () => {
    expect(summarizeRun("completed", cases(14, silence), 14, 0.6)).toMatchObject({
      counts: { failed: 0, errored: 14 },
      passRate: null,
      availability: 0,
      lower95: null,
      verdict: "inconclusive",
      reasonCodes: ["nothing_scored", "agent_outage", "availability_below_95_percent"],
    });
  });

  it("is inconclusive where faults of ours took more than a twentieth", () => {
    expect(summarizeRun("completed", [...cases(19, pass), ...cases(1, fault)], 20, 0.6).verdict).toBe("pass");
    expect(summarizeRun("completed", [...cases(18, pass), ...cases(2, fault)], 20, 0.6)).toMatchObject({
      verdict: "inconclusive",
      reasonCodes: ["availability_below_95_percent"],
      passRate: 1,
      availability: 0.9,
    });
  });

  it("counts cases that never ran against availability", () => {
    expect(summarizeRun("partial", cases(10, pass), 14, 0.6)).toMatchObject({
      counts: { notRun: 4 },
      verdict: "inconclusive",
      reasonCodes: ["not_finished", "availability_below_95_percent"],
    });
  });

  it("does not count what did not apply against availability", () => {
    const none = () => one("not_applicable", [answered, check({ status: "not_applicable", value: null })]);
    expect(summarizeRun("completed", [...cases(14, pass), ...cases(6, none)], 20, 0.6)).toMatchObject({ availability: 1, verdict: "pass" });
  });

  it("does not pass while a required check was not scored, and fails where one failed", () => {
    const jury = check({ kind: "jury", status: "unscored", value: null, attribution: "instrument", required: true });
    expect(summarizeRun("completed", [...cases(19, pass), one("pass", [answered, check({}), jury])], 20, 0.6)).toMatchObject({
      verdict: "inconclusive",
      reasonCodes: ["required_check_unscored"],
    });
    const required = check({ status: "fail", value: 0, attribution: "agent", required: true });
    expect(summarizeRun("completed", [...cases(19, pass), one("fail", [answered, required])], 20, 0.6)).toMatchObject({
      verdict: "fail",
      reasonCodes: ["required_check_failed"],
    });
  });

  it("accounts for every case exactly once, and never gets better when a pass turns into silence", () => {
    const kinds = fc.array(fc.constantFrom(pass, fail, silence, fault), { maxLength: 40 });
    fc.assert(
      fc.property(kinds, fc.nat(10), (makers, missing) => {
        const made = makers.map((make) => make());
        const { counts, passRate } = summarizeRun("completed", made, made.length + missing, 0.6);
        const { passed, failed, errored, unscored, notApplicable, notRun, total, silent: quiet } = counts;
        expect(passed + failed + errored + unscored + notApplicable + notRun).toBe(total);
        expect(quiet).toBeLessThanOrEqual(failed);
        const at = makers.indexOf(pass);
        if (at < 0 || makers.filter((make) => make === pass || make === fail).length < 2) return;
        const worse = summarizeRun("completed", made.with(at, silence()), made.length + missing, 0.6);
        expect(worse.passRate ?? 0).toBeLessThanOrEqual(passRate ?? 0);
      }),
    );
  });
});

describe("wilsonLower95", () => {
  it("gives the published values", () => {
    expect(wilsonLower95(10, 10)).toBeCloseTo(0.787, 3);
    expect(wilsonLower95(0, 10)).toBe(0);
    expect(wilsonLower95(0, 0)).toBe(0);
    for (let scored = 1; scored <= 500; scored += 1) expect(wilsonLower95(0, scored)).toBe(0);
  });

  it("lies in [0, rate], and grows with passes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.nat(500), (scored, some) => {
        const passed = Math.min(some, scored);
        const lower = wilsonLower95(passed, scored);
        expect(lower).toBeGreaterThanOrEqual(0);
        expect(lower).toBeLessThanOrEqual(passed / scored);
        if (passed < scored) expect(wilsonLower95(passed + 1, scored)).toBeGreaterThan(lower);
      }),
    );
  });
});

describe("mayFollow", () => {
  it("leads from queued to an end, and never back", () => {
    const ends = runStatuses.filter((status) => runStatuses.every((next) => !mayFollow(status, next)));
    expect(ends).toEqual(["completed", "partial", "errored", "cancelled"]);
    expect(mayFollow("queued", "running")).toBe(true);
    expect(mayFollow("queued", "completed")).toBe(false);
    expect(mayFollow("running", "queued")).toBe(false);
  });
});
