import type { evidence } from "../../db/schema/scores.ts";
import { isCriticalFailure } from "./consider-evidence.ts";
import type { EvidenceRecord } from "./evidence.ts";

type Stored = typeof evidence.$inferSelect;
/** A run's evidence as the store gives it, with the number of runs that there are. */
export type EvidenceRow = Omit<Stored, "orgId" | "id" | "agentId" | "checks" | "criticalFailures"> & { readonly runsOnRecord: number };

/** Exactly a record's fields: its digest covers nothing else. */
export const toRecord = (row: Omit<EvidenceRow, "runsOnRecord">): EvidenceRecord => ({
  runId: row.runId,
  suiteDigest: row.suiteDigest,
  author: row.author,
  assurance: row.assurance,
  versionNumber: row.versionNumber,
  versionDigest: row.versionDigest,
  at: row.at.toISOString(),
  entries: row.entries,
  unavailable: row.unavailable,
});

/** The columns that hold a record. */
export const fromRecord = (record: EvidenceRecord): Omit<Stored, "orgId" | "id" | "agentId"> => ({
  ...record,
  at: new Date(record.at),
  checks: record.entries.length,
  criticalFailures: record.entries.filter(isCriticalFailure).length,
});

/** Runs on record when these rows were read: each row says it. */
export const runsOnRecord = (rows: readonly EvidenceRow[]): number => rows[0]?.runsOnRecord ?? 0;
