import { and, desc, eq, getTableColumns, gt, isNotNull, sql, type SQL } from "drizzle-orm";
import { judgeCalibrations, judgePanels, judgePanelVersions } from "../../db/schema/judge-panels.ts";
import type { EnteredDb, ScopedDb } from "../../db/tenant-db.ts";
import { keyset, type Page } from "../../http/pagination.ts";
import type { CalibrationResult } from "./calibration.ts";
import type { NewPanelRow, PanelRow } from "./panel.ts";

export type CalibrationRow = typeof judgeCalibrations.$inferSelect;

/** For an identifier that may itself be read in the same round trip. */
export const selectPanel = ({ orm, orgId }: EnteredDb, panelId: string | SQL) =>
  orm
    .select()
    .from(judgePanels)
    .where(and(eq(judgePanels.orgId, orgId), eq(judgePanels.id, panelId)));

export function selectPanels({ orm, orgId }: ScopedDb, page: Page) {
  const { where, orderBy, limit } = keyset(page, judgePanels.createdAt, judgePanels.id);
  return orm
    .select()
    .from(judgePanels)
    .where(and(eq(judgePanels.orgId, orgId), where))
    .orderBy(...orderBy)
    .limit(limit);
}

export const insertPanel = ({ orm, orgId }: ScopedDb, row: NewPanelRow) => orm.insert(judgePanels).values({ ...row, orgId });

export const insertPanelVersion = ({ orm, orgId }: ScopedDb, { id, version, digest, judges, updatedAt }: NewPanelRow) =>
  orm.insert(judgePanelVersions).values({ orgId, panelId: id, version, digest, judges, createdAt: updatedAt });

/** Matches only while the panel is as it was read. */
export const updatePanel = (
  { orm, orgId }: ScopedDb,
  read: Pick<PanelRow, "id" | "revision">,
  changes: Partial<Omit<NewPanelRow, "id" | "revision" | "createdAt">>,
) =>
  orm
    .update(judgePanels)
    .set({ ...changes, revision: read.revision + 1 })
    .where(and(eq(judgePanels.orgId, orgId), eq(judgePanels.id, read.id), eq(judgePanels.revision, read.revision)));

export const insertCalibration = ({ orm, orgId }: ScopedDb, row: Omit<CalibrationRow, "orgId">) =>
  orm.insert(judgeCalibrations).values({ ...row, orgId });

export const selectCalibration = ({ orm, orgId }: ScopedDb, calibrationId: string | SQL) =>
  orm
    .select()
    .from(judgeCalibrations)
    .where(and(eq(judgeCalibrations.orgId, orgId), eq(judgeCalibrations.id, calibrationId)));

/** Without the examples and what was found of each: those may be hundreds of kilobytes. */
export function selectCalibrations({ orm, orgId }: ScopedDb, panelId: string, page: Page) {
  const { where, orderBy, limit } = keyset(page, judgeCalibrations.createdAt, judgeCalibrations.id);
  const { orgId: _org, examples, result, ...columns } = getTableColumns(judgeCalibrations);
  return orm
    .select({
      ...columns,
      exampleCount: sql<number>`jsonb_array_length(${examples})`.mapWith(Number),
      result: sql<Omit<CalibrationResult, "findings"> | null>`${result} - 'findings'`,
    })
    .from(judgeCalibrations)
    .where(and(eq(judgeCalibrations.orgId, orgId), eq(judgeCalibrations.panelId, panelId), where))
    .orderBy(...orderBy)
    .limit(limit);
}

/** The newest calibration that ended after `since`, of the panel's present judges and of this prompt. */
export function selectNewestCalibration(db: EnteredDb, panelId: string, promptDigest: string, since: Date) {
  const { orm, orgId } = db;
  const digest = sql`(select ${judgePanels.digest} from ${judgePanels} where ${judgePanels.orgId} = ${orgId} and ${judgePanels.id} = ${panelId})`;
  return orm
    .select({ id: judgeCalibrations.id, calibrated: sql<boolean>`(${judgeCalibrations.result} ->> 'calibrated')::boolean` })
    .from(judgeCalibrations)
    .where(
      and(
        eq(judgeCalibrations.orgId, orgId),
        eq(judgeCalibrations.panelId, panelId),
        eq(judgeCalibrations.panelDigest, digest),
        eq(judgeCalibrations.promptDigest, promptDigest),
        isNotNull(judgeCalibrations.result),
        gt(judgeCalibrations.finishedAt, since),
      ),
    )
    .orderBy(desc(judgeCalibrations.finishedAt), desc(judgeCalibrations.id))
    .limit(1);
}

const countRunning = ({ orm, orgId }: ScopedDb, since: Date) =>
  orm
    .select({ open: sql`count(*)` })
    .from(judgeCalibrations)
    .where(and(eq(judgeCalibrations.orgId, orgId), eq(judgeCalibrations.status, "running"), gt(judgeCalibrations.createdAt, since)));

/** Matches the new calibration only while no other one of the organization is running, also for requests of the same moment. */
export const requireNoOther = (db: ScopedDb, calibrationId: string, since: Date) =>
  db.orm
    .update(judgeCalibrations)
    .set({ status: "running" })
    .where(and(eq(judgeCalibrations.orgId, db.orgId), eq(judgeCalibrations.id, calibrationId), eq(sql`(${countRunning(db, since)})`, 1)));

/** Matches only while it is running: its result is written once. */
export const updateCalibrationEnded = (
  { orm, orgId }: ScopedDb,
  calibrationId: string,
  ending: Pick<CalibrationRow, "status" | "result" | "finishedAt">,
) =>
  orm
    .update(judgeCalibrations)
    .set(ending)
    .where(and(eq(judgeCalibrations.orgId, orgId), eq(judgeCalibrations.id, calibrationId), eq(judgeCalibrations.status, "running")));
