import { and, asc, eq, gt, lte, max, sql, type SQL } from "drizzle-orm";
import { agents } from "../../db/schema/agents.ts";
import { auditEvents } from "../../db/schema/audit-events.ts";
import { organizations } from "../../db/schema/organizations.ts";
import { receipts, selfRuns } from "../../db/schema/receipts.ts";
import type { ScopedDb } from "../../db/tenant-db.ts";
import { keyset, type Page } from "../../http/pagination.ts";
import { selectEvent } from "../statements/index.ts";

export type ReceiptRow = typeof receipts.$inferSelect;
export type NewReceipt = Omit<ReceiptRow, "orgId" | "eventSeq">;

/** What the next receipt of an agent stands on: its present version, and the head of its chain (nulls before the first). */
export const selectReceiptHead = ({ orm, orgId }: ScopedDb, agentId: string | SQL) => {
  // The chain's index answers the maximum alone; an order by the number would read the whole chain.
  const last = orm
    .select({ number: max(receipts.number) })
    .from(receipts)
    .where(and(eq(receipts.orgId, orgId), eq(receipts.agentId, agentId)));
  return orm
    .select({
      agentId: agents.id,
      versionNumber: agents.versionNumber,
      versionDigest: agents.versionDigest,
      number: receipts.number,
      digest: receipts.digest,
      environment: organizations.environment,
    })
    .from(agents)
    .innerJoin(organizations, eq(organizations.id, agents.orgId))
    .leftJoin(receipts, and(eq(receipts.orgId, orgId), eq(receipts.agentId, agents.id), eq(receipts.number, sql`(${last})`)))
    .where(and(eq(agents.orgId, orgId), eq(agents.id, agentId)));
};

export const selectReceipt = ({ orm, orgId }: ScopedDb, id: string | SQL) =>
  orm
    .select()
    .from(receipts)
    .where(and(eq(receipts.orgId, orgId), eq(receipts.id, id)));

export const selectReceiptEvent = (db: ScopedDb, id: string) => {
  const seq = db.orm
    .select({ seq: receipts.eventSeq })
    .from(receipts)
    .where(and(eq(receipts.orgId, db.orgId), eq(receipts.id, id)));
  return selectEvent(db, sql`(${seq})`);
};

export function selectReceipts({ orm, orgId }: ScopedDb, page: Page, { agentId }: { readonly agentId: string | null }) {
  const { where, orderBy, limit } = keyset(page, receipts.issuedAt, receipts.id);
  return orm
    .select()
    .from(receipts)
    .where(and(eq(receipts.orgId, orgId), agentId === null ? undefined : eq(receipts.agentId, agentId), where))
    .orderBy(...orderBy)
    .limit(limit);
}

export const insertReceipt = ({ orm, orgId }: ScopedDb, row: NewReceipt) => orm.insert(receipts).values({ ...row, orgId });

/** Receipts whose events stand in a stretch of the log, behind `after`, in its order, each with its event. */
export const selectLoggedReceipts = ({ orm, orgId }: ScopedDb, after: number, upTo: number, limit: number) =>
  orm
    .select({ statement: receipts, event: auditEvents })
    .from(receipts)
    .innerJoin(auditEvents, and(eq(auditEvents.orgId, orgId), eq(auditEvents.seq, receipts.eventSeq)))
    .where(and(eq(receipts.orgId, orgId), gt(receipts.eventSeq, after), lte(receipts.eventSeq, upTo)))
    .orderBy(asc(receipts.eventSeq))
    .limit(limit);

export const insertSelfRun = ({ orm, orgId }: ScopedDb, row: Omit<typeof selfRuns.$inferSelect, "orgId">) =>
  orm.insert(selfRuns).values({ ...row, orgId });
