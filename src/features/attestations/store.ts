import { and, asc, desc, eq, gt, isNotNull, lte, sql } from "drizzle-orm";
import { attestations, attestationShares } from "../../db/schema/attestations.ts";
import { auditEvents } from "../../db/schema/audit-events.ts";
import { claimPolicies } from "../../db/schema/claim-policies.ts";
import { pactCosignatures } from "../../db/schema/pact-cosignatures.ts";
import type { EnteredDb, ScopedDb } from "../../db/tenant-db.ts";
import { keyset, type Page } from "../../http/pagination.ts";
import { selectEvent } from "../statements/index.ts";

export type AttestationRow = typeof attestations.$inferSelect;
export type NewAttestation = Omit<AttestationRow, "orgId" | "eventSeq">;
type ShareRow = typeof attestationShares.$inferSelect;

const one = ({ orgId }: EnteredDb, id: string | ReturnType<typeof sql>) => and(eq(attestations.orgId, orgId), eq(attestations.id, id));

export const selectAttestation = (db: EnteredDb, id: string | ReturnType<typeof sql>) =>
  db.orm.select().from(attestations).where(one(db, id));

/** The event that issued an attestation. */
export const selectIssuingEvent = (db: EnteredDb, id: string | ReturnType<typeof sql>) =>
  selectEvent(db, sql`(${db.orm.select({ seq: attestations.eventSeq }).from(attestations).where(one(db, id))})`);

export type AttestationFilter = { readonly agentId: string | null };

export function selectAttestations({ orm, orgId }: ScopedDb, page: Page, { agentId }: AttestationFilter) {
  const { where, orderBy, limit } = keyset(page, attestations.issuedAt, attestations.id);
  return orm
    .select()
    .from(attestations)
    .where(and(eq(attestations.orgId, orgId), agentId === null ? undefined : eq(attestations.agentId, agentId), where))
    .orderBy(...orderBy)
    .limit(limit);
}

export const insertAttestation = ({ orm, orgId }: ScopedDb, row: NewAttestation) => orm.insert(attestations).values({ ...row, orgId });

/** Matches only while the attestation is as it was read. */
export const updateRevoked = ({ orm, orgId }: ScopedDb, { id, revision }: AttestationRow, revokedAt: Date, revokedReason: string) =>
  orm
    .update(attestations)
    .set({ revokedAt, revokedReason, revision: revision + 1 })
    .where(and(eq(attestations.orgId, orgId), eq(attestations.id, id), eq(attestations.revision, revision)));

/** What the revocation list holds: attestations until a day after they would have expired anyway, and withdrawn co-signatures. */
export const selectRevoked = ({ orm, orgId }: EnteredDb, now: Date) =>
  orm
    .select({ id: attestations.id, revokedAt: attestations.revokedAt, revokedReason: attestations.revokedReason })
    .from(attestations)
    .where(
      and(
        eq(attestations.orgId, orgId),
        isNotNull(attestations.revokedAt),
        gt(attestations.expiresAt, new Date(now.getTime() - listedAfterExpiryMs)),
      ),
    )
    .unionAll(
      orm
        .select({ id: pactCosignatures.id, revokedAt: pactCosignatures.withdrawnAt, revokedReason: pactCosignatures.withdrawnReason })
        .from(pactCosignatures)
        .where(and(eq(pactCosignatures.orgId, orgId), isNotNull(pactCosignatures.withdrawnAt))),
    )
    .orderBy(attestations.id);

/**
 * The newest statement about an agent's score, one that is in force before any other. It may be shown to anyone once the agent is public:
 * the published score says all that it says. What is attested of runs and pacts says more, and is shown through share links alone.
 */
function publicAttestationId({ orm, orgId }: EnteredDb, agentId: string, now: Date) {
  const isInForce = sql`${attestations.revokedAt} is null and ${attestations.expiresAt} > ${now.toISOString()}::timestamptz`;
  const id = orm
    .select({ id: attestations.id })
    .from(attestations)
    .where(and(eq(attestations.orgId, orgId), eq(attestations.agentId, agentId), eq(attestations.kind, "score")))
    .orderBy(desc(isInForce), desc(attestations.issuedAt), desc(attestations.id))
    .limit(1);
  return sql`(${id})`;
}

export const selectPublicAttestation = (db: EnteredDb, agentId: string, now: Date) =>
  selectAttestation(db, publicAttestationId(db, agentId, now));

export const selectPublicIssuingEvent = (db: EnteredDb, agentId: string, now: Date) =>
  selectIssuingEvent(db, publicAttestationId(db, agentId, now));

export const listedAfterExpiryMs = 86_400_000;

/** Attestations whose events stand in a stretch of the log, behind `after`, in its order, each with its event. */
export const selectLoggedAttestations = ({ orm, orgId }: ScopedDb, after: number, upTo: number, limit: number) =>
  orm
    .select({ statement: attestations, event: auditEvents })
    .from(attestations)
    .innerJoin(auditEvents, and(eq(auditEvents.orgId, orgId), eq(auditEvents.seq, attestations.eventSeq)))
    .where(and(eq(attestations.orgId, orgId), gt(attestations.eventSeq, after), lte(attestations.eventSeq, upTo)))
    .orderBy(asc(attestations.eventSeq))
    .limit(limit);

export const insertShare = ({ orm, orgId }: ScopedDb, row: Omit<ShareRow, "orgId">) =>
  orm.insert(attestationShares).values({ ...row, orgId });

export const selectClaimPolicy = ({ orm, orgId }: ScopedDb) =>
  orm.select().from(claimPolicies).where(eq(claimPolicies.orgId, orgId)).orderBy(desc(claimPolicies.number)).limit(1);

export const insertClaimPolicy = ({ orm, orgId }: ScopedDb, row: Omit<typeof claimPolicies.$inferInsert, "orgId">) =>
  orm.insert(claimPolicies).values({ ...row, orgId });

/** The most that a statement names: it can have 64 subjects. */
const mostCosigners = 50;

/** Who has co-signed a pact (app.cosigners), the latest first. */
export const selectCosigners = ({ orm }: ScopedDb, pactId: string) =>
  orm
    .select({
      organization: sql<string>`c.org_id`,
      environment: sql<string>`c.environment`,
      id: sql<string>`c.id`,
      digest: sql<string>`c.digest`,
      signedAt: sql`c.signed_at`.mapWith(pactCosignatures.signedAt),
      withdrawnAt: sql<Date | null>`c.withdrawn_at`.mapWith(pactCosignatures.withdrawnAt),
    })
    .from(sql`app.cosigners(${pactId}) as c`)
    .orderBy(sql`c.signed_at desc, c.id`)
    .limit(mostCosigners);

export type CosignerRow = Awaited<ReturnType<typeof selectCosigners>>[number];
