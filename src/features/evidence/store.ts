import { and, asc, desc, eq, gt, lte } from "drizzle-orm";
import { auditEvents } from "../../db/schema/audit-events.ts";
import type { ScopedDb } from "../../db/tenant-db.ts";

/** The newest event's number. */
export const selectLastSeq = ({ orm, orgId }: ScopedDb) =>
  orm.select({ seq: auditEvents.seq }).from(auditEvents).where(eq(auditEvents.orgId, orgId)).orderBy(desc(auditEvents.seq)).limit(1);

/** Events behind a number, in the log's order. */
export const selectEventsAfter = ({ orm, orgId }: ScopedDb, after: number, upTo: number, limit: number) =>
  orm
    .select()
    .from(auditEvents)
    .where(and(eq(auditEvents.orgId, orgId), gt(auditEvents.seq, after), lte(auditEvents.seq, upTo)))
    .orderBy(asc(auditEvents.seq))
    .limit(limit);
