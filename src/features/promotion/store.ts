import { and, count, desc, eq, inArray, isNotNull, isNull, sql, type SQL } from "drizzle-orm";
import { agents } from "../../db/schema/agents.ts";
import { capabilities } from "../../db/schema/capabilities.ts";
import { grants } from "../../db/schema/grants.ts";
import { invocations } from "../../db/schema/invocations.ts";
import { pacts } from "../../db/schema/pacts.ts";
import { policies } from "../../db/schema/policies.ts";
import { scoreUpkeep } from "../../db/schema/scores.ts";
import type { ScopedDb } from "../../db/tenant-db.ts";
import type { ReviewVerdict } from "../../grants/invocation.ts";
import type { GrantBasis } from "../../grants/mode.ts";
import { selectPeopleBehind } from "../approvals/index.ts";
import type { GrantRow } from "../grants/index.ts";

const calls = ({ orgId }: ScopedDb, grantId: string) => and(eq(invocations.orgId, orgId), eq(invocations.grantId, grantId));

/** How many calls were reviewed how, for each basis that there was. */
export const selectReviews = (db: ScopedDb, grantId: string) =>
  db.orm
    .select({ basis: invocations.basis, verdict: invocations.reviewVerdict, calls: count() })
    .from(invocations)
    .where(and(calls(db, grantId), isNotNull(invocations.reviewVerdict)))
    .groupBy(invocations.basis, invocations.reviewVerdict);

/** The newest simulated calls. */
export const selectNewestSimulated = (db: ScopedDb, grantId: string, limit: number) =>
  db.orm
    .select({ id: invocations.id, basis: invocations.basis, verdict: invocations.reviewVerdict })
    .from(invocations)
    .where(and(calls(db, grantId), eq(invocations.status, "simulated")))
    .orderBy(desc(invocations.createdAt), desc(invocations.id))
    .limit(limit);

/** The people behind the agent and the grant, as ownersOf reads them. */
export const selectGrantOwners = (db: ScopedDb, grantId: string) =>
  selectPeopleBehind(
    db,
    sql`select unnest(array[a.registered_by, g.created_by]) from grants g join agents a on a.org_id = g.org_id and a.id = g.agent_id
         where g.org_id = ${db.orgId} and g.id = ${grantId}`,
  );

/** Of what was judged, that which a later change of would make the judgement another one. */
export type Judged = {
  readonly present: GrantBasis;
  readonly scoreRevision: number;
  readonly newestCall: string | null;
  readonly reviewed: number;
};

type Promotion = Required<Pick<GrantRow, "promotedFor" | "promotedBasis" | "promotedAt" | "updatedAt">>;

/**
 * Matches only while all that was judged is as it was read. Writers of an organization come one after the other (the audit log's head is
 * locked first), so nothing can change in between.
 */
export const updatePromoted = (db: ScopedDb, grant: Pick<GrantRow, "id" | "agentId" | "revision">, judged: Judged, promotion: Promotion) =>
  db.orm
    .update(grants)
    .set({ ...promotion, revision: grant.revision + 1 })
    .where(and(eq(grants.orgId, db.orgId), eq(grants.id, grant.id), eq(grants.revision, grant.revision), ...stillSo(db, grant, judged)));

function stillSo({ orgId }: ScopedDb, { id, agentId }: Pick<GrantRow, "id" | "agentId">, judged: Judged): SQL[] {
  const { present, scoreRevision, newestCall, reviewed } = judged;
  const mine = (where: SQL) => sql`${where} and org_id = ${orgId}`;
  const activated = sql`from ${pacts} where agent_id = ${agentId} and activated_at is not null and org_id = ${orgId}`;
  const ofGrantHere = sql`from ${invocations} where grant_id = ${id} and org_id = ${orgId}`;
  return [
    sql`exists (select from ${agents} where ${mine(sql`id = ${agentId} and version_number = ${present.agentVersionNumber} and archived_at is null`)})`,
    sql`exists (select from ${policies} where ${mine(sql`id = ${present.policyId} and activation = ${present.policyActivation}`)})`,
    sql`exists (select from ${capabilities} where ${mine(sql`id = ${present.capabilityId} and version = ${present.capabilityVersion} and status = 'active' and drifted_digest is null`)})`,
    // Activations only grow, so that with as many active ones they are the same ones.
    sql`(select count(*) ${activated}) = ${present.pactActivations}`,
    sql`(select count(*) ${activated} and state = 'active') = ${present.pacts.length}`,
    sql`exists (select from ${scoreUpkeep} where ${mine(sql`agent_id = ${agentId} and revision = ${scoreRevision}`)})`,
    sql`(select id ${ofGrantHere} and status = 'simulated' order by created_at desc, id desc limit 1) is not distinct from ${newestCall}`,
    sql`(select count(*) ${ofGrantHere} and review_verdict is not null) = ${reviewed}`,
  ];
}

/** Calls that somebody wants to review. */
export const selectCalls = (db: ScopedDb, grantId: string, ids: readonly string[]) =>
  db.orm
    .select({ id: invocations.id, status: invocations.status, basis: invocations.basis, verdict: invocations.reviewVerdict })
    .from(invocations)
    .where(and(calls(db, grantId), inArray(invocations.id, [...ids])));

export type Review = { readonly reviewVerdict: ReviewVerdict; readonly reviewedBy: string; readonly reviewedAt: Date };

/** Matches only while none of them was reviewed. */
export const updateReviewed = (db: ScopedDb, grantId: string, ids: readonly string[], review: Review) => {
  const wanted = and(calls(db, grantId), inArray(invocations.id, [...ids]), isNull(invocations.reviewVerdict));
  const waiting = db.orm.select({ calls: count() }).from(invocations).where(wanted);
  return db.orm
    .update(invocations)
    .set({ ...review, revision: sql`${invocations.revision} + 1` })
    .where(and(wanted, sql`(${waiting}) = ${ids.length}`));
};
