import { and, asc, eq, gt, lte, sql, type SQL } from "drizzle-orm";
import { auditEvents } from "../../db/schema/audit-events.ts";
import { organizations } from "../../db/schema/organizations.ts";
import { pactCosignatures, pactOffers } from "../../db/schema/pact-cosignatures.ts";
import { pacts, type PactState } from "../../db/schema/pacts.ts";
import type { EnteredDb, ScopedDb } from "../../db/tenant-db.ts";
import { keyset, type Page } from "../../http/pagination.ts";
import { selectEvent } from "../statements/index.ts";
import type { CosignatureRow, OfferRow } from "./cosignature.ts";

export type NewOffer = Omit<OfferRow, "orgId">;
/** What the signer sends; the rest is the other side's, and set by the database. */
export type NewCosignature = Pick<
  CosignatureRow,
  "id" | "tokenHash" | "pactDigest" | "terms" | "statement" | "dsseSignature" | "digest" | "kid" | "signedBy" | "signedAt" | "revision"
>;

/** An offer with its pact as it stands, and the other side's co-signature (app.received_cosignature): unknown until it is parsed. */
const offerFields = {
  offer: pactOffers,
  pact: pacts,
  environment: organizations.environment,
  received: sql<unknown>`app.received_cosignature(${pactOffers.id})`,
};

const offersOf = ({ orm, orgId }: EnteredDb) =>
  orm
    .select(offerFields)
    .from(pactOffers)
    .innerJoin(pacts, and(eq(pacts.orgId, orgId), eq(pacts.id, pactOffers.pactId)))
    .innerJoin(organizations, eq(organizations.id, orgId));

export const selectOffer = (db: EnteredDb, id: string | SQL) =>
  offersOf(db).where(and(eq(pactOffers.orgId, db.orgId), eq(pactOffers.id, id)));

export type FoundOffer = Awaited<ReturnType<typeof selectOffer>>[number];

export function selectOffers(db: ScopedDb, page: Page, pactId: string | undefined) {
  const { where, orderBy, limit } = keyset(page, pactOffers.createdAt, pactOffers.id);
  return offersOf(db)
    .where(and(eq(pactOffers.orgId, db.orgId), pactId === undefined ? undefined : eq(pactOffers.pactId, pactId), where))
    .orderBy(...orderBy)
    .limit(limit);
}

export const insertOffer = ({ orm, orgId }: ScopedDb, row: NewOffer) => orm.insert(pactOffers).values({ ...row, orgId });

/** Matches only while the offer is as it was read. */
export const updateOffer = (
  { orm, orgId }: ScopedDb,
  { id, revision }: OfferRow,
  changes: Partial<Pick<OfferRow, "withdrawnAt" | "signingNotedAt" | "withdrawalNotedAt">>,
) =>
  orm
    .update(pactOffers)
    .set({ ...changes, revision: revision + 1 })
    .where(and(eq(pactOffers.orgId, orgId), eq(pactOffers.id, id), eq(pactOffers.revision, revision)));

export const insertCosignature = ({ orm, orgId }: ScopedDb, row: NewCosignature) => orm.insert(pactCosignatures).values({ ...row, orgId });

const oneOf = ({ orgId }: EnteredDb, id: string | SQL) => and(eq(pactCosignatures.orgId, orgId), eq(pactCosignatures.id, id));
const cosignatureFields = {
  cosignature: pactCosignatures,
  pactState: sql<PactState>`app.cosigned_pact_state(${pactCosignatures.id})`,
};

export const selectCosignature = (db: EnteredDb, id: string | SQL) =>
  db.orm.select(cosignatureFields).from(pactCosignatures).where(oneOf(db, id));

export type FoundCosignature = Awaited<ReturnType<typeof selectCosignature>>[number];

/** The event that a co-signature came into the log with. */
export const selectSigningEvent = (db: EnteredDb, id: string | SQL) =>
  selectEvent(db, sql`(${db.orm.select({ seq: pactCosignatures.eventSeq }).from(pactCosignatures).where(oneOf(db, id))})`);

export function selectCosignatures({ orm, orgId }: ScopedDb, page: Page) {
  const { where, orderBy, limit } = keyset(page, pactCosignatures.signedAt, pactCosignatures.id);
  return orm
    .select(cosignatureFields)
    .from(pactCosignatures)
    .where(and(eq(pactCosignatures.orgId, orgId), where))
    .orderBy(...orderBy)
    .limit(limit);
}

/** Co-signatures whose events stand in a stretch of the log, behind `after`, in its order, each with its event. */
export const selectLoggedCosignatures = ({ orm, orgId }: ScopedDb, after: number, upTo: number, limit: number) =>
  orm
    .select({ statement: pactCosignatures, event: auditEvents })
    .from(pactCosignatures)
    .innerJoin(auditEvents, and(eq(auditEvents.orgId, orgId), eq(auditEvents.seq, pactCosignatures.eventSeq)))
    .where(and(eq(pactCosignatures.orgId, orgId), gt(pactCosignatures.eventSeq, after), lte(pactCosignatures.eventSeq, upTo)))
    .orderBy(asc(pactCosignatures.eventSeq))
    .limit(limit);

/** Matches only while the co-signature is as it was read. */
export const updateWithdrawn = ({ orm, orgId }: ScopedDb, { id, revision }: CosignatureRow, withdrawnAt: Date, withdrawnReason: string) =>
  orm
    .update(pactCosignatures)
    .set({ withdrawnAt, withdrawnReason, revision: revision + 1 })
    .where(and(eq(pactCosignatures.orgId, orgId), eq(pactCosignatures.id, id), eq(pactCosignatures.revision, revision)));
