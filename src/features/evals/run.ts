import { z } from "@hono/zod-openapi";
import { oneSided95, wilsonInterval } from "../../statistics/wilson-interval.ts";
import { wasAnswered, wasSilent, type CaseResult, type CheckResult } from "./result.ts";

export const runModes = ["simulation", "production"] as const;
export type RunMode = (typeof runModes)[number];

export const runStatuses = ["queued", "running", "completed", "partial", "errored", "cancelled"] as const;
export type RunStatus = (typeof runStatuses)[number];
export const openStatuses = ["queued", "running"] as const satisfies readonly RunStatus[];
export type FinalStatus = Exclude<RunStatus, (typeof openStatuses)[number]>;

const followers: Readonly<Record<RunStatus, readonly RunStatus[]>> = {
  queued: ["running", "cancelled", "errored"],
  running: ["completed", "partial", "errored", "cancelled"],
  completed: [],
  partial: [],
  errored: [],
  cancelled: [],
};
/** Whether a run may go from one status to another. What is over stays over. */
export const mayFollow = (from: RunStatus, to: RunStatus): boolean => followers[from].includes(to);

export const verdicts = ["pass", "fail", "inconclusive"] as const;
export type Verdict = (typeof verdicts)[number];

export const RunCounts = z
  .object({
    total: z.int().describe("Cases of the suite."),
    passed: z.int(),
    failed: z.int().describe("Failed cases, those of `silent` included."),
    silent: z.int().describe("Cases that the agent left without an answer while it answered others: they count as failed."),
    errored: z
      .int()
      .describe("Cases without a result: faults of the platform or the instrument, or an agent that answered nothing at all."),
    unscored: z.int(),
    notApplicable: z.int(),
    notRun: z.int(),
  })
  .openapi("RunCounts");
export type RunCounts = z.output<typeof RunCounts>;

export const emptyCounts = (total: number): RunCounts => ({
  total,
  passed: 0,
  failed: 0,
  silent: 0,
  errored: 0,
  unscored: 0,
  notApplicable: 0,
  notRun: total,
});

export type SuiteSize = { readonly caseCount: number; readonly expectationCount: number; readonly pactCaseCount: number };

/** The most checks that a run can make: whether each case was answered, each expectation, and each condition wherever the pact is checked. */
export const mostChecksOf = ({ caseCount, expectationCount, pactCaseCount }: SuiteSize, conditions = 0): number =>
  caseCount + expectationCount + pactCaseCount * Math.max(0, conditions - 1);

export const reasonCodes = [
  "availability_below_95_percent",
  "required_check_unscored",
  "required_check_failed",
  "pass_rate_below_floor",
  "lower_bound_below_floor",
  "nothing_scored",
  "agent_outage",
  "not_finished",
  "timed_out",
  "agent_changed",
  "agent_archived",
  "endpoint_not_proven",
] as const;
export type ReasonCode = (typeof reasonCodes)[number];

export type RunSummary = {
  readonly counts: RunCounts;
  /** passed / (passed + failed); null where nothing was scored. */
  readonly passRate: number | null;
  /** (passed + failed) / (total − notApplicable): how much of the suite the pass rate speaks of. */
  readonly availability: number;
  /** What the true pass rate exceeds with 95 % confidence; null where nothing was scored. */
  readonly lower95: number | null;
  readonly verdict: Verdict;
  readonly reasonCodes: readonly ReasonCode[];
};

const minAvailability = 0.95;

/** What the true pass rate exceeds with 95 % confidence (Wilson, one-sided), in [0, 1]. */
export const wilsonLower95 = (passed: number, scored: number): number => wilsonInterval(passed, scored, oneSided95).low;

/**
 * What a run found, from the cases that were recorded of a suite of `total`. An agent that fell silent on some cases failed those; one
 * that answered nothing at all had an outage, of which no verdict on its quality follows. A run that did not complete is inconclusive.
 */
export function summarizeRun(status: FinalStatus, cases: readonly CaseResult[], total: number, floor: number): RunSummary {
  const counts = tally(cases, total);
  const scored = counts.passed + counts.failed;
  const applicable = total - counts.notApplicable;
  const passRate = scored === 0 ? null : counts.passed / scored;
  const availability = applicable === 0 ? 0 : scored / applicable;
  const lower95 = scored === 0 ? null : wilsonLower95(counts.passed, scored);
  return { counts, passRate, availability, lower95, ...judgeRun(status, cases, { passRate, availability, lower95, floor }) };
}

function tally(cases: readonly CaseResult[], total: number): RunCounts {
  const answeredSome = cases.some(wasAnswered);
  const counts = { ...emptyCounts(total), notRun: total - cases.length };
  for (const one of cases) {
    if (one.status === "pass") counts.passed += 1;
    else if (one.status === "fail") counts.failed += 1;
    else if (one.status === "unscored") counts.unscored += 1;
    else if (one.status === "not_applicable") counts.notApplicable += 1;
    else if (wasSilent(one) && answeredSome) {
      counts.failed += 1;
      counts.silent += 1;
    } else counts.errored += 1;
  }
  return counts;
}

/** Whether a check that had to be scored was not. A pact's condition that a case does not touch leaves nothing open. */
const isOpen = ({ status, attribution, condition }: CheckResult): boolean =>
  status === "unscored" || (status === "error" && attribution !== "agent") || (status === "not_applicable" && condition === null);

type Rates = { readonly passRate: number | null; readonly availability: number; readonly lower95: number | null; readonly floor: number };

function judgeRun(
  status: FinalStatus,
  cases: readonly CaseResult[],
  { passRate, availability, lower95, floor }: Rates,
): { verdict: Verdict; reasonCodes: readonly ReasonCode[] } {
  const required = cases.flatMap(({ checks }) => checks.filter((check) => check.required));
  const open: ReasonCode[] = [];
  if (status !== "completed") open.push("not_finished");
  if (passRate === null) open.push("nothing_scored");
  if (cases.some(wasSilent) && !cases.some(wasAnswered)) open.push("agent_outage");
  if (availability < minAvailability) open.push("availability_below_95_percent");
  if (required.some(isOpen)) open.push("required_check_unscored");
  if (open.length > 0 || passRate === null || lower95 === null) return { verdict: "inconclusive", reasonCodes: open };

  const failed: ReasonCode[] = [];
  if (required.some((check) => check.status === "fail" || check.status === "error")) failed.push("required_check_failed");
  if (passRate < floor) failed.push("pass_rate_below_floor");
  if (failed.length > 0) return { verdict: "fail", reasonCodes: failed };
  return lower95 >= floor ? { verdict: "pass", reasonCodes: [] } : { verdict: "inconclusive", reasonCodes: ["lower_bound_below_floor"] };
}
