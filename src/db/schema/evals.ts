import { doublePrecision, foreignKey, index, integer, jsonb, pgTable, primaryKey, text, timestamp, unique } from "drizzle-orm/pg-core";
import type { Attempt, CaseStatus, CheckResult } from "../../features/evals/result.ts";
import type { JurySummary } from "../../features/evals/jury-summary.ts";
import type { ReasonCode, RunCounts, RunMode, RunStatus, Verdict } from "../../features/evals/run.ts";
import type { SuiteCase } from "../../features/evals/suite.ts";
import { agents } from "./agents.ts";
import { judgeCalibrations, judgePanelVersions } from "./judge-panels.ts";
import { pacts } from "./pacts.ts";

const suiteColumns = {
  id: text().notNull(),
  name: text().notNull(),
  description: text(),
  digest: text().notNull(),
  /** What the true pass rate of a run must exceed for the run to pass. */
  floor: doublePrecision().notNull(),
  cases: jsonb().$type<readonly SuiteCase[]>().notNull(),
  createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
};

/** The platform's own suites, for every organization to read and nobody but the administrator to write. */
export const platformSuites = pgTable("platform_suites", suiteColumns, (table) => [
  primaryKey({ columns: [table.id] }),
  unique("platform_suites_digest").on(table.digest),
  index("platform_suites_page").on(table.createdAt, table.id),
]);

export const evalSuites = pgTable("eval_suites", { orgId: text().notNull(), ...suiteColumns }, (table) => [
  primaryKey({ columns: [table.orgId, table.id] }),
  unique("eval_suites_digest").on(table.orgId, table.digest),
  index("eval_suites_page").on(table.orgId, table.createdAt, table.id),
]);

export const evalRuns = pgTable(
  "eval_runs",
  {
    orgId: text().notNull(),
    id: text().notNull(),
    agentId: text().notNull(),
    agentVersionNumber: integer().notNull(),
    agentVersionDigest: text().notNull(),
    pactId: text(),
    pactDigest: text(),
    suiteId: text().notNull(),
    suiteDigest: text().notNull(),
    /** The organization that wrote the suite, or `platform`. */
    suiteAuthor: text().notNull(),
    /** The panel that hears jury checks, as it was when the run was queued, and the calibration that held for it. */
    judgePanelId: text(),
    judgePanelVersion: integer(),
    judgePanelDigest: text(),
    calibrationId: text(),
    mode: text().$type<RunMode>().notNull(),
    concurrency: integer().notNull(),
    floor: doublePrecision().notNull(),
    /** Grows with each case, so that whoever closes the run knows that it has seen all of them. */
    recordedCases: integer().notNull(),
    requestedBy: text().notNull(),
    status: text().$type<RunStatus>().notNull(),
    counts: jsonb().$type<RunCounts>().notNull(),
    passRate: doublePrecision(),
    availability: doublePrecision(),
    lower95: doublePrecision(),
    verdict: text().$type<Verdict>(),
    jury: jsonb().$type<JurySummary>(),
    reasonCodes: jsonb().$type<readonly ReasonCode[]>().notNull(),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    startedAt: timestamp({ withTimezone: true, precision: 3 }),
    finishedAt: timestamp({ withTimezone: true, precision: 3 }),
    updatedAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.id] }),
    index("eval_runs_page").on(table.orgId, table.createdAt, table.id),
    index("eval_runs_agent").on(table.orgId, table.agentId, table.createdAt, table.id),
    index("eval_runs_open").on(table.status, table.updatedAt),
    foreignKey({ columns: [table.orgId, table.agentId], foreignColumns: [agents.orgId, agents.id] }),
    foreignKey({ columns: [table.orgId, table.pactId], foreignColumns: [pacts.orgId, pacts.id] }),
    foreignKey({
      name: "eval_runs_judge_panel",
      columns: [table.orgId, table.judgePanelId, table.judgePanelVersion],
      foreignColumns: [judgePanelVersions.orgId, judgePanelVersions.panelId, judgePanelVersions.version],
    }),
    foreignKey({
      name: "eval_runs_calibration",
      columns: [table.orgId, table.calibrationId],
      foreignColumns: [judgeCalibrations.orgId, judgeCalibrations.id],
    }),
  ],
);

export const evalCases = pgTable(
  "eval_cases",
  {
    orgId: text().notNull(),
    runId: text().notNull(),
    index: integer().notNull(),
    caseId: text().notNull(),
    status: text().$type<CaseStatus>().notNull(),
    checks: jsonb().$type<readonly CheckResult[]>().notNull(),
    attempts: jsonb().$type<readonly Attempt[]>().notNull(),
    inputDigest: text().notNull(),
    outputDigest: text(),
    latencyMs: integer(),
    at: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.runId, table.index] }),
    foreignKey({ columns: [table.orgId, table.runId], foreignColumns: [evalRuns.orgId, evalRuns.id] }),
  ],
);
