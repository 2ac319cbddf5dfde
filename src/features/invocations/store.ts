import { and, eq, sql, type SQL } from "drizzle-orm";
import { invocations } from "../../db/schema/invocations.ts";
import type { ScopedDb } from "../../db/tenant-db.ts";
import type { InvocationStatus } from "../../grants/invocation.ts";
import { keyset, type Page } from "../../http/pagination.ts";

export type InvocationRow = Omit<typeof invocations.$inferSelect, "orgId">;

export const selectInvocation = ({ orm, orgId }: ScopedDb, id: string) =>
  orm
    .select()
    .from(invocations)
    .where(and(eq(invocations.orgId, orgId), eq(invocations.id, id)));

export type InvocationFilter = {
  readonly grantId?: string | undefined;
  readonly agentId?: string | undefined;
  readonly status?: InvocationStatus | undefined;
};

export function selectInvocations({ orm, orgId }: ScopedDb, page: Page, { grantId, agentId, status }: InvocationFilter) {
  const { where, orderBy, limit } = keyset(page, invocations.createdAt, invocations.id);
  const wanted = [
    grantId === undefined ? undefined : eq(invocations.grantId, grantId),
    agentId === undefined ? undefined : eq(invocations.agentId, agentId),
    status === undefined ? undefined : eq(invocations.status, status),
  ];
  return orm
    .select()
    .from(invocations)
    .where(and(eq(invocations.orgId, orgId), ...wanted, where))
    .orderBy(...orderBy)
    .limit(limit);
}

export const insertInvocation = ({ orm, orgId }: ScopedDb, row: InvocationRow) => orm.insert(invocations).values({ ...row, orgId });

type Settlement = Pick<InvocationRow, "id" | "revision" | "status" | "effect" | "settledBy" | "settledAt">;

/** Matches only while it is as it was read. */
export const updateSettled = ({ orm, orgId }: ScopedDb, { id, revision, ...changes }: Settlement) =>
  orm
    .update(invocations)
    .set({ ...changes, revision: revision + 1 })
    .where(and(eq(invocations.orgId, orgId), eq(invocations.id, id), eq(invocations.revision, revision)));

/** A field of an invocation, for what is read with it in one round trip. */
export const fieldOfInvocation = (
  orgId: string,
  id: string,
  column: typeof invocations.receiptId | typeof invocations.agentId | typeof invocations.approvalId,
): SQL => sql`(select ${column} from ${invocations} where ${invocations.orgId} = ${orgId} and ${invocations.id} = ${id})`;
