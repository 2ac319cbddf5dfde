import { z } from "@hono/zod-openapi";
import { digestPattern } from "../../crypto/digest.ts";
import { attributions, checkStatuses } from "../../expressions/outcome.ts";
import { pageOf, pageQuery } from "../../http/pagination.ts";
import { idPattern } from "../../platform/ids.ts";
import { JurySummary } from "./jury-summary.ts";
import { Attempt, CheckResult } from "./result.ts";
import { reasonCodes, RunCounts, runModes, runStatuses, verdicts } from "./run.ts";
import { SuiteCase } from "./suite.ts";

const Time = z.iso.datetime();
const Share = z.number().min(0).max(1);
const AgentId = z.string().regex(idPattern("agent"));

export const SuiteParams = z.object({ suiteId: z.string().regex(idPattern("suite")) });
export const RunParams = z.object({ runId: z.string().regex(idPattern("run")) });
export const AgentParams = z.object({ agentId: AgentId });
export const ListSuitesQuery = z.object({
  ...pageQuery,
  digest: z
    .string()
    .regex(digestPattern)
    .optional()
    .openapi({ description: "Suites that test exactly the same: at most one of each author." }),
});
export const ListRunsQuery = z.object({ ...pageQuery, agentId: AgentId.optional(), status: z.enum(runStatuses).optional() });
export const ListCasesQuery = z.object({
  limit: pageQuery.limit,
  cursor: z
    .string()
    .regex(/^\d{1,4}$/, "Not a cursor of this list.")
    .optional()
    .openapi({ description: "`nextCursor` of the page before." }),
});

export const StartRunBody = z
  .strictObject({
    suiteId: z.string().regex(idPattern("suite")),
    pactId: z
      .string()
      .regex(idPattern("pact"))
      .optional()
      .openapi({ description: "An active pact of the agent, for the suite's `pact` checks." }),
    judgePanelId: z
      .string()
      .regex(idPattern("judgePanel"))
      .optional()
      .openapi({ description: "The panel that decides the suite's `jury` checks; without one they stay `unscored`." }),
    mode: z
      .enum(runModes)
      .default("production")
      .openapi({ description: "A simulation is run and shown like any other, and never scored." }),
    concurrency: z.int().min(1).max(4).default(2).openapi({ description: "Cases that are put to the agent at the same time." }),
  })
  .openapi("StartRun");

const suiteFields = {
  id: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  author: z.string().openapi({ description: "The organization that wrote it, or `platform`." }),
  digest: z.string().openapi({ description: "SHA-256 of the RFC 8785 form of `{cases, floor}`." }),
  floor: Share,
  caseCount: z.int(),
  createdAt: Time,
};
export const SuiteHead = z.object(suiteFields).openapi("SuiteHead");
export const Suite = z.object({ ...suiteFields, cases: z.array(SuiteCase).readonly() }).openapi("Suite");
export const SuitePage = pageOf(SuiteHead).openapi("SuitePage");

export const Run = z
  .object({
    id: z.string(),
    agentId: z.string(),
    agentVersionNumber: z.int(),
    agentVersionDigest: z.string(),
    pactId: z.string().nullable(),
    pactDigest: z.string().nullable(),
    suiteId: z.string(),
    suiteDigest: z.string(),
    suiteAuthor: z.string(),
    judgePanelId: z.string().nullable(),
    judgePanelVersion: z.int().nullable(),
    judgePanelDigest: z.string().nullable(),
    calibrationId: z
      .string()
      .nullable()
      .openapi({ description: "The panel's calibration that held when the run was queued; null: its judges are uncalibrated." }),
    mode: z.enum(runModes),
    concurrency: z.int(),
    floor: Share,
    requestedBy: z.string(),
    status: z.enum(runStatuses).openapi({
      description:
        "`cancelled`: the first `concurrency` cases that were not recorded yet, which the agent was being asked, count as left without an answer (`cancelled_while_asked`), as if they had timed out; those after them were not run.",
    }),
    recordedCases: z.int().openapi({ description: "Cases recorded so far." }),
    counts: RunCounts,
    passRate: Share.nullable().openapi({ description: "passed / (passed + failed)" }),
    availability: Share.nullable().openapi({ description: "(passed + failed) / (total − notApplicable)" }),
    lower95: Share.nullable().openapi({ description: "What the true pass rate exceeds with 95 % confidence (Wilson)." }),
    verdict: z.enum(verdicts).nullable(),
    reasonCodes: z.array(z.enum(reasonCodes)).readonly(),
    jury: JurySummary.nullable().openapi({ description: "What the judge panel found, once the run is over." }),
    createdAt: Time,
    startedAt: Time.nullable(),
    finishedAt: Time.nullable(),
  })
  .openapi("EvalRun");
export const RunPage = pageOf(Run).openapi("EvalRunPage");

export const Case = z
  .object({
    index: z.int(),
    caseId: z.string(),
    status: z.enum(checkStatuses),
    attribution: z.enum(attributions).nullable().openapi({ description: "Whose fault it is that a case did not pass." }),
    checks: z.array(CheckResult).readonly(),
    attempts: z.array(Attempt).readonly(),
    inputDigest: z.string(),
    outputDigest: z.string().nullable().openapi({ description: "SHA-256 of the answer's body; the answer itself is not kept." }),
    latencyMs: z.int().nullable(),
    at: Time,
  })
  .openapi("EvalCase");
export const CasePage = pageOf(Case).openapi("EvalCasePage");

export type SuiteHeadView = z.input<typeof SuiteHead>;
export type RunView = z.input<typeof Run>;
export type CaseView = z.input<typeof Case>;
