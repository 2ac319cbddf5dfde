import { and, count, desc, eq, lt } from "drizzle-orm";
import { leafColumns } from "../../audit/log-queries.ts";
import { auditEvents } from "../../db/schema/audit-events.ts";
import { logCheckpoints } from "../../db/schema/log-checkpoints.ts";
import { logCosignatures } from "../../db/schema/log-cosignatures.ts";
import type { EnteredDb, ScopedDb } from "../../db/tenant-db.ts";

/** Verifiers must take 16 signatures (C2SP signed-note): the log's own and these. More that came in at once are never served. */
export const maxWitnesses = 15;

export type CheckpointRow = typeof logCheckpoints.$inferSelect;
export type CosignatureRow = typeof logCosignatures.$inferInsert;

/** The checkpoint of a size, or the newest one. */
export const selectCheckpoint = ({ orm, orgId }: EnteredDb, size?: number) =>
  orm
    .select()
    .from(logCheckpoints)
    .where(and(eq(logCheckpoints.orgId, orgId), size === undefined ? undefined : eq(logCheckpoints.size, size)))
    .orderBy(desc(logCheckpoints.size))
    .limit(1);

/** The witnesses' lines under the checkpoint of a size, or under the newest one, oldest first. */
export function selectCosignatures(db: ScopedDb, size?: number) {
  const { orm, orgId } = db;
  const newest = orm
    .select({ size: logCheckpoints.size })
    .from(logCheckpoints)
    .where(eq(logCheckpoints.orgId, orgId))
    .orderBy(desc(logCheckpoints.size))
    .limit(1);
  return orm
    .select({ line: logCosignatures.line, verifierKey: logCosignatures.verifierKey })
    .from(logCosignatures)
    .where(and(eq(logCosignatures.orgId, orgId), eq(logCosignatures.size, size ?? newest)))
    .orderBy(logCosignatures.createdAt, logCosignatures.verifierKey)
    .limit(maxWitnesses);
}

/** Checkpoints smaller than `before`, newest first, each with how many witnesses co-signed it. */
export const selectCheckpoints = ({ orm, orgId }: ScopedDb, before: number | undefined, limit: number) =>
  orm
    .select({
      size: logCheckpoints.size,
      root: logCheckpoints.root,
      kid: logCheckpoints.kid,
      signedAt: logCheckpoints.signedAt,
      witnesses: count(logCosignatures.verifierKey),
    })
    .from(logCheckpoints)
    .leftJoin(logCosignatures, and(eq(logCosignatures.orgId, logCheckpoints.orgId), eq(logCosignatures.size, logCheckpoints.size)))
    .where(and(eq(logCheckpoints.orgId, orgId), before === undefined ? undefined : lt(logCheckpoints.size, before)))
    .groupBy(logCheckpoints.orgId, logCheckpoints.size)
    .orderBy(desc(logCheckpoints.size))
    .limit(limit);

export const selectEvent = ({ orm, orgId }: ScopedDb, id: string) =>
  orm
    .select(leafColumns)
    .from(auditEvents)
    .where(and(eq(auditEvents.orgId, orgId), eq(auditEvents.id, id)));

export const insertCosignature = ({ orm, orgId }: ScopedDb, row: Omit<CosignatureRow, "orgId">) =>
  orm.insert(logCosignatures).values({ ...row, orgId });
