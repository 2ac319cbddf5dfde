import { and, asc, count, desc, eq, gt, lte } from "drizzle-orm";
import { auditEvents } from "../../db/schema/audit-events.ts";
import { attestations } from "../../db/schema/attestations.ts";
import { pactCosignatures } from "../../db/schema/pact-cosignatures.ts";
import { receipts } from "../../db/schema/receipts.ts";
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

/** How many signed statements the organization has, counted up to `most` and no further. */
export const countStatements = ({ orm, orgId }: ScopedDb, most: number) =>
  orm.select({ statements: count() }).from(
    orm
      .select({ seq: receipts.eventSeq })
      .from(receipts)
      .where(eq(receipts.orgId, orgId))
      .unionAll(orm.select({ seq: attestations.eventSeq }).from(attestations).where(eq(attestations.orgId, orgId)))
      .unionAll(orm.select({ seq: pactCosignatures.eventSeq }).from(pactCosignatures).where(eq(pactCosignatures.orgId, orgId)))
      .limit(most)
      .as("held"),
  );
