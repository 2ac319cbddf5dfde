import { and, desc, eq, gt, inArray, isNull, or, sql, type SQL } from "drizzle-orm";
import { approvals } from "../../db/schema/approvals.ts";
import type { ScopedDb } from "../../db/tenant-db.ts";
import type { ApprovalEffect, ApprovalStatus } from "../../grants/approval.ts";
import type { ApprovalRow } from "./approval.ts";

const open = ["proposed", "pending", "approved"] as const satisfies readonly ApprovalStatus[];
/** Of one request: more are left only where it was asked under several versions of what binds it. */
const mostOpen = 10;

export const insertApproval = ({ orm, orgId }: ScopedDb, row: ApprovalRow) => orm.insert(approvals).values({ ...row, orgId });

/** The open approvals of one request under one grant, the newest first; `judgeApproval` and `standingOf` say what each is worth. */
export const selectOpenApprovals = ({ orm, orgId }: ScopedDb, grantId: string, requestDigest: string) =>
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

type Change = Partial<Pick<ApprovalRow, "status" | "decidedBy" | "decidedAt" | "reason">> & Pick<ApprovalRow, "updatedAt">;

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
