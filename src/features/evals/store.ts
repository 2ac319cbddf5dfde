import { and, asc, count, eq, gt, inArray, lte, sql, type SQL } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { evalCases, evalRuns, evalSuites, platformSuites } from "../../db/schema/evals.ts";
import type { ScopedDb } from "../../db/tenant-db.ts";
import { keyset, type Page } from "../../http/pagination.ts";
import type { JurySummary } from "./jury-summary.ts";
import type { CaseResult } from "./result.ts";
import { openStatuses, type FinalStatus, type RunStatus, type RunSummary } from "./run.ts";

export type RunRow = typeof evalRuns.$inferSelect;
export type SuiteRow = typeof platformSuites.$inferSelect;

const headOf = (table: typeof evalSuites | typeof platformSuites) => ({
  id: table.id,
  name: table.name,
  description: table.description,
  digest: table.digest,
  floor: table.floor,
  caseCount: sql<number>`jsonb_array_length(${table.cases})`.mapWith(Number),
  createdAt: table.createdAt,
});

export const insertSuite = ({ orm, orgId }: ScopedDb, row: SuiteRow) => orm.insert(evalSuites).values({ ...row, orgId });

export const selectOwnSuite = ({ orm, orgId }: ScopedDb, suiteId: string | SQL) =>
  orm
    .select()
    .from(evalSuites)
    .where(and(eq(evalSuites.orgId, orgId), eq(evalSuites.id, suiteId)));

/** The platform's suites belong to no organization, and every one may read them. */
export const selectPlatformSuite = ({ orm }: ScopedDb, suiteId: string | SQL) =>
  orm.select().from(platformSuites).where(eq(platformSuites.id, suiteId));

/** A suite's head and size: its cases may be a megabyte, and stay where they are. */
const sizedHeadOf = (table: typeof evalSuites | typeof platformSuites) => ({
  ...headOf(table),
  expectationCount: countIn(table.cases, "$[*].expectations[*]"),
  juryCount: countIn(table.cases, '$[*].expectations[*] ? (@.kind == "jury")'),
  pactCaseCount: countIn(table.cases, '$[*].expectations[*] ? (@.kind == "pact")'),
});

const countIn = (column: PgColumn, path: string) =>
  sql<number>`jsonb_array_length(jsonb_path_query_array(${column}, ${path}::jsonpath))`.mapWith(Number);

export const selectOwnSuiteHead = ({ orm, orgId }: ScopedDb, suiteId: string) =>
  orm
    .select(sizedHeadOf(evalSuites))
    .from(evalSuites)
    .where(and(eq(evalSuites.orgId, orgId), eq(evalSuites.id, suiteId)));

export const selectPlatformSuiteHead = ({ orm }: ScopedDb, suiteId: string) =>
  orm.select(sizedHeadOf(platformSuites)).from(platformSuites).where(eq(platformSuites.id, suiteId));

export type SuiteFilter = { readonly digest?: string | undefined };
const withDigest = (column: PgColumn, { digest }: SuiteFilter): SQL | undefined => (digest === undefined ? undefined : eq(column, digest));

export function selectOwnSuiteHeads({ orm, orgId }: ScopedDb, page: Page, filter: SuiteFilter) {
  const { where, orderBy, limit } = keyset(page, evalSuites.createdAt, evalSuites.id);
  return orm
    .select(headOf(evalSuites))
    .from(evalSuites)
    .where(and(eq(evalSuites.orgId, orgId), withDigest(evalSuites.digest, filter), where))
    .orderBy(...orderBy)
    .limit(limit);
}

export function selectPlatformSuiteHeads({ orm }: ScopedDb, page: Page, filter: SuiteFilter) {
  const { where, orderBy, limit } = keyset(page, platformSuites.createdAt, platformSuites.id);
  return orm
    .select(headOf(platformSuites))
    .from(platformSuites)
    .where(and(withDigest(platformSuites.digest, filter), where))
    .orderBy(...orderBy)
    .limit(limit);
}

export const insertRun = ({ orm, orgId }: ScopedDb, row: Omit<RunRow, "orgId">) => orm.insert(evalRuns).values({ ...row, orgId });

const ownRun = (orgId: string, runId: string): SQL | undefined => and(eq(evalRuns.orgId, orgId), eq(evalRuns.id, runId));

export const countOpenRuns = ({ orm, orgId }: ScopedDb) =>
  orm
    .select({ open: count() })
    .from(evalRuns)
    .where(and(eq(evalRuns.orgId, orgId), inArray(evalRuns.status, [...openStatuses])));

/** Matches the new run only while the organization is within its plan, so that requests at the same moment cannot pass it together. */
export const requireRoom = (db: ScopedDb, runId: string, mostOpen: number) =>
  db.orm
    .update(evalRuns)
    .set({ status: "queued" })
    .where(and(ownRun(db.orgId, runId), lte(sql`(${countOpenRuns(db)})`, mostOpen)));

export const selectRun = ({ orm, orgId }: ScopedDb, runId: string) => orm.select().from(evalRuns).where(ownRun(orgId, runId));

export type RunFilter = { readonly agentId?: string | undefined; readonly status?: RunStatus | undefined };

export function selectRuns({ orm, orgId }: ScopedDb, page: Page, { agentId, status }: RunFilter) {
  const { where, orderBy, limit } = keyset(page, evalRuns.createdAt, evalRuns.id);
  const ofAgent = agentId === undefined ? undefined : eq(evalRuns.agentId, agentId);
  const inStatus = status === undefined ? undefined : eq(evalRuns.status, status);
  return orm
    .select()
    .from(evalRuns)
    .where(and(eq(evalRuns.orgId, orgId), ofAgent, inStatus, where))
    .orderBy(...orderBy)
    .limit(limit);
}

/** A field of a run, for queries that go with it in one round trip. */
export const fieldOfRun = ({ orgId }: ScopedDb, runId: string, column: PgColumn): SQL =>
  sql`(select ${column} from ${evalRuns} where ${evalRuns.orgId} = ${orgId} and ${evalRuns.id} = ${runId})`;

export const updateRunStarted = ({ orm, orgId }: ScopedDb, runId: string, startedAt: Date) =>
  orm
    .update(evalRuns)
    .set({ status: "running", startedAt, updatedAt: startedAt })
    .where(and(ownRun(orgId, runId), eq(evalRuns.status, "queued")));

/** Counts one more case, and matches only while the run is running: nothing is recorded of one that was closed. */
export const updateRunAdvanced = ({ orm, orgId }: ScopedDb, runId: string, updatedAt: Date) =>
  orm
    .update(evalRuns)
    .set({ recordedCases: sql`${evalRuns.recordedCases} + 1`, updatedAt })
    .where(and(ownRun(orgId, runId), eq(evalRuns.status, "running")));

export type RunClosing = RunSummary & {
  readonly jury: JurySummary | null;
  readonly status: FinalStatus;
  readonly recordedCases: number;
  readonly finishedAt: Date;
  readonly updatedAt: Date;
};

/** Matches only while the run is as it was read: its end is written once, and speaks of every case that was recorded. */
export const updateRunClosed = (
  { orm, orgId }: ScopedDb,
  read: Pick<RunRow, "id" | "status" | "recordedCases">,
  { reasonCodes, ...closing }: RunClosing,
) =>
  orm
    .update(evalRuns)
    .set({ ...closing, reasonCodes: [...reasonCodes] })
    .where(and(ownRun(orgId, read.id), eq(evalRuns.status, read.status), eq(evalRuns.recordedCases, read.recordedCases)));

export const insertCase = ({ orm, orgId }: ScopedDb, runId: string, row: CaseResult) =>
  orm.insert(evalCases).values({ ...row, orgId, runId });

const ofRun = (orgId: string, runId: string): SQL | undefined => and(eq(evalCases.orgId, orgId), eq(evalCases.runId, runId));

export const selectCase = ({ orm, orgId }: ScopedDb, runId: string, index: number) =>
  orm
    .select()
    .from(evalCases)
    .where(and(ofRun(orgId, runId), eq(evalCases.index, index)));

export const selectAllCases = ({ orm, orgId }: ScopedDb, runId: string) =>
  orm.select().from(evalCases).where(ofRun(orgId, runId)).orderBy(asc(evalCases.index));

export const selectCasePage = ({ orm, orgId }: ScopedDb, runId: string, after: number, limit: number) =>
  orm
    .select()
    .from(evalCases)
    .where(and(ofRun(orgId, runId), gt(evalCases.index, after)))
    .orderBy(asc(evalCases.index))
    .limit(limit + 1);
