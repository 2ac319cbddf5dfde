import { and, eq, type SQL } from "drizzle-orm";
import { auditEvents } from "../../db/schema/audit-events.ts";
import type { EnteredDb } from "../../db/tenant-db.ts";

/** The event with a sequence number, or with that of a subquery. */
export const selectEvent = ({ orm, orgId }: EnteredDb, seq: number | SQL) =>
  orm
    .select()
    .from(auditEvents)
    .where(and(eq(auditEvents.orgId, orgId), eq(auditEvents.seq, seq)));

export type EventRow = Awaited<ReturnType<typeof selectEvent>>[number];
