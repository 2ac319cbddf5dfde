import { z } from "@hono/zod-openapi";
import { krippendorffAlpha, pairwiseAgreement } from "../../statistics/agreement.ts";
import { correctRate, type Accuracy } from "../../statistics/corrected-rate.ts";
import { validVotes, type JuryFinding } from "../judge-panels/index.ts";
import type { CaseResult } from "./result.ts";

const Share = z.number().min(0).max(1);

export const JurySummary = z
  .object({
    checks: z.int().describe("Jury checks of which the judges were asked."),
    decided: z.int().describe("Those that two valid votes or more decided; the others are `unscored`."),
    passed: z.int(),
    observedRate: Share.nullable().describe("passed / decided"),
    calibrated: z.boolean().describe("Without a calibration that holds, the judges are uncalibrated, and their checks weigh as such."),
    correctedRate: z
      .object({ estimate: Share, low: Share, high: Share })
      .nullable()
      .describe(
        "The observed rate corrected for the judges' errors (Rogan and Gladen 1978), with a 95 % interval (Lang and Reiczigel 2014).",
      ),
    pairwiseAgreement: Share.nullable().describe("The mean share of pairs of judges that voted the same."),
    krippendorffAlpha: z.number().nullable().describe("The judges' agreement beyond chance (nominal); null where it cannot be told."),
    calls: z.int().describe("How often judges were called."),
  })
  .openapi("JurySummary");
export type JurySummary = z.output<typeof JurySummary>;

const findingsOf = (cases: readonly CaseResult[]): readonly JuryFinding[] =>
  cases.flatMap(({ checks }) => checks.flatMap(({ jury }) => jury ?? []));

/** How often the judges of recorded cases were called. */
export const callsSpent = (cases: readonly CaseResult[]): number => countCalls(findingsOf(cases));
const countCalls = (findings: readonly JuryFinding[]): number =>
  findings.reduce((sum, { votes }) => sum + votes.reduce((calls, vote) => calls + vote.calls, 0), 0);

/**
 * What the jury of a run found as a whole. The correction is of the rate and stands beside it: the checks stay as they were voted, for what
 * is true of many of them (so many of a hundred passes are wrong) says of no single one what it should have been.
 */
export function summarizeJury(cases: readonly CaseResult[], accuracy: Accuracy | null): JurySummary {
  const findings = findingsOf(cases);
  const decided = cases.flatMap(({ checks }) =>
    checks.filter(({ jury, status }) => jury !== undefined && (status === "pass" || status === "fail")),
  );
  const passed = decided.filter(({ status }) => status === "pass").length;
  const observed = { hits: passed, trials: decided.length };
  const votes = findings.map((finding) => validVotes(finding.votes));
  const agreements = votes.flatMap((unit) => pairwiseAgreement(unit) ?? []);
  return {
    checks: findings.length,
    decided: decided.length,
    passed,
    observedRate: decided.length === 0 ? null : passed / decided.length,
    calibrated: accuracy !== null,
    correctedRate: accuracy === null ? null : (correctRate(observed, accuracy) ?? null),
    pairwiseAgreement: agreements.length === 0 ? null : agreements.reduce((sum, one) => sum + one, 0) / agreements.length,
    krippendorffAlpha: krippendorffAlpha(votes) ?? null,
    calls: countCalls(findings),
  };
}
