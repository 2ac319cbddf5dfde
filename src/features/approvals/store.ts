import { and, desc, eq, gt, inArray, isNull, lte, or, sql, type SQL } from "drizzle-orm";
import { agents } from "../../db/schema/agents.ts";
import { approvals } from "../../db/schema/approvals.ts";
import { grants } from "../../db/schema/grants.ts";
import type { ScopedDb } from "../../db/tenant-db.ts";
import type { ApprovalEffect, ApprovalStatus } from "../../grants/approval.ts";
import { keyset, type Page } from "../../http/pagination.ts";
import type { ApprovalRow } from "./approval.ts";
import { selectPeopleBehind } from "./four-eyes.ts";

const open = ["proposed", "pending", "approved"] as const satisfies readonly ApprovalStatus[];
/** Of one request: more are left only where it was asked under several versions of what binds it. */
const mostOpen = 10;

export const insertApproval = ({ orm, orgId }: ScopedDb, row: ApprovalRow) => orm.insert(approvals).values({ ...row, orgId });

/** The open approvals of one request under one grant, the newest first; `standingOf` says what each is worth. */
export const selectOpenApprovals = ({ orm, orgId }: ScopedDb, grantId: string | SQL, requestDigest: string) =>
  orm
    .select()
    .from(approvals)
    .where(
      and(
        eq(approvals.orgId, orgId),
        eq(approvals.grantId, grantId),
        eq(approvals.requestDigest, requestDigest),
        inArray(approvals.status, open),
      ),
    )
    .orderBy(desc(approvals.createdAt), desc(approvals.id))
    .limit(mostOpen);

export const selectApproval = ({ orm, orgId }: ScopedDb, id: string | SQL) =>
  orm
    .select()
    .from(approvals)
    .where(and(eq(approvals.orgId, orgId), eq(approvals.id, id)));

export const selectApprovalsById = ({ orm, orgId }: ScopedDb, ids: readonly string[]) =>
  orm
    .select()
    .from(approvals)
    .where(and(eq(approvals.orgId, orgId), inArray(approvals.id, ids)));

type Change = Partial<Pick<ApprovalRow, "status" | "decidedBy" | "decidedAt" | "sealedNote" | "reason">> & Pick<ApprovalRow, "updatedAt">;

/** Changes the approval as it was read: whatever changed it since makes this match no row (409). */
export const updateApproval = ({ orm, orgId }: ScopedDb, { id, revision }: Pick<ApprovalRow, "id" | "revision">, change: Change) =>
  orm
    .update(approvals)
    .set({ ...change, revision: revision + 1 })
    .where(and(eq(approvals.orgId, orgId), eq(approvals.id, id), eq(approvals.revision, revision)));

export type Consumption = { readonly id: string; readonly actionDigest: string; readonly invocationId: string; readonly now: Date };

const next = sql`${approvals.revision} + 1`;

/** Uses an approval up: one conditional update, which of many at once matches for one, and for none that does not fit or is too late. */
export const consumeStatement = ({ orm, orgId }: ScopedDb, { id, actionDigest, invocationId, now }: Consumption) =>
  orm
    .update(approvals)
    .set({ status: "consumed", consumedBy: invocationId, consumedAt: now, revision: next, updatedAt: now })
    .where(
      and(
        eq(approvals.orgId, orgId),
        eq(approvals.id, id),
        eq(approvals.status, "approved"),
        eq(approvals.actionDigest, actionDigest),
        gt(approvals.expiresAt, now),
        isNull(approvals.consumedAt),
      ),
    );

export type Outcome = { readonly id: string; readonly invocationId: string; readonly effect: ApprovalEffect; readonly now: Date };

/** Notes what became of an approval that this invocation used up: once, or once more where it was unknown. */
export const effectStatement = ({ orm, orgId }: ScopedDb, { id, invocationId, effect, now }: Outcome) =>
  orm
    .update(approvals)
    .set({ effect, revision: next, updatedAt: now })
    .where(
      and(
        eq(approvals.orgId, orgId),
        eq(approvals.id, id),
        eq(approvals.consumedBy, invocationId),
        or(isNull(approvals.effect), eq(approvals.effect, "unknown")),
      ),
    );

type Wanted = Page & { readonly status?: ApprovalStatus | undefined; readonly grantId?: string | undefined };

/** A status as `now` judges it: an open one whose time is over is expired, noted or not. */
function standsAs(status: ApprovalStatus, now: Date): SQL | undefined {
  if (status === "expired") return or(eq(approvals.status, "expired"), and(inArray(approvals.status, open), lte(approvals.expiresAt, now)));
  return and(eq(approvals.status, status), open.some((one) => one === status) ? gt(approvals.expiresAt, now) : undefined);
}

export function selectApprovals({ orm, orgId }: ScopedDb, query: Wanted, agentId: string | null, now: Date) {
  const { where, orderBy, limit } = keyset(query, approvals.createdAt, approvals.id);
  return orm
    .select()
    .from(approvals)
    .where(
      and(
        eq(approvals.orgId, orgId),
        query.status === undefined ? undefined : standsAs(query.status, now),
        query.grantId === undefined ? undefined : eq(approvals.grantId, query.grantId),
        agentId === null ? undefined : eq(approvals.agentId, agentId),
        where,
      ),
    )
    .orderBy(...orderBy)
    .limit(limit);
}

/** An approval, the grant that it is for, and who registered the agent. */
export const selectCase = ({ orm, orgId }: ScopedDb, id: string) =>
  orm
    .select({
      approval: approvals,
      grant: { status: grants.status, expiresAt: grants.expiresAt },
      registeredBy: agents.registeredBy,
    })
    .from(approvals)
    .innerJoin(grants, and(eq(grants.orgId, approvals.orgId), eq(grants.id, approvals.grantId)))
    .innerJoin(agents, and(eq(agents.orgId, approvals.orgId), eq(agents.id, approvals.agentId)))
    .where(and(eq(approvals.orgId, orgId), eq(approvals.id, id)));

/**
 * The people behind an approval: who registered the agent, whose key asks, and who created the grant. Where a key did it, whoever made that key,
 * or the one that it replaced, and so on.
 */
export const selectOwners = (db: ScopedDb, id: string) =>
  selectPeopleBehind(
    db,
    sql`select unnest(array[a.registered_by, p.requested_by, g.created_by])
        from approvals p
        join grants g on g.org_id = p.org_id and g.id = p.grant_id
        join agents a on a.org_id = p.org_id and a.id = p.agent_id
       where p.org_id = ${db.orgId} and p.id = ${id}`,
  );
