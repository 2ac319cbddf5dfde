import { and, asc, eq, inArray, isNull, sql } from "drizzle-orm";
import { invocations } from "../../db/schema/invocations.ts";
import { receipts } from "../../db/schema/receipts.ts";
import type { ScopedDb } from "../../db/tenant-db.ts";

/** Which invocations say something of their agent, the table itself decides (migrations/): in production, and not because somebody says so. */
const counts = sql`${invocations}.counts`;

/** The agent's oldest calls that are no evidence yet, each with its receipt. */
export const selectUncounted = ({ orm, orgId }: ScopedDb, agentId: string, limit: number) =>
  orm
    .select({
      id: invocations.id,
      capabilityId: invocations.capabilityId,
      status: invocations.status,
      reasons: invocations.reasons,
      pactChecks: invocations.pactChecks,
      receiptId: invocations.receiptId,
      statement: receipts.statement,
    })
    .from(invocations)
    .innerJoin(receipts, and(eq(receipts.orgId, orgId), eq(receipts.id, invocations.receiptId)))
    .where(and(eq(invocations.orgId, orgId), eq(invocations.agentId, agentId), counts, isNull(invocations.countedAt)))
    .orderBy(asc(invocations.createdAt), asc(invocations.id))
    .limit(limit);

export type UncountedRow = Awaited<ReturnType<typeof selectUncounted>>[number];

/** For good: the database refuses to count one again (migrations/), and with it the write that this stands in. */
export const markCounted = ({ orm, orgId }: ScopedDb, ids: readonly string[], countedAt: Date) =>
  orm
    .update(invocations)
    .set({ countedAt, revision: sql`${invocations.revision} + 1` })
    .where(and(eq(invocations.orgId, orgId), inArray(invocations.id, [...ids])));
