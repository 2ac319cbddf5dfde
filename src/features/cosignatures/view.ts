import { z } from "zod";
import type { PactState } from "../../db/schema/pacts.ts";
import { termsOf, type PactTerms } from "../pacts/index.ts";
import { offerStateOf, standingOf, type CosignatureRow } from "./cosignature.ts";
import type { CosignatureView, OfferedView, OfferView, ReceivedView } from "./schemas.ts";
import type { FoundOffer } from "./store.ts";

const Environment = z.enum(["live", "test"]);

/** What app.received_cosignature tells the promisor of the signer's row. */
const Received = z
  .object({
    id: z.string(),
    org_id: z.string(),
    environment: Environment,
    offer_id: z.string(),
    promisor_org_id: z.string(),
    promisor_environment: Environment,
    pact_id: z.string(),
    lineage_id: z.string(),
    version: z.int(),
    pact_digest: z.string(),
    statement: z.string(),
    digest: z.string(),
    kid: z.string(),
    signed_at: z.coerce.date(),
    withdrawn_at: z.coerce.date().nullable(),
    withdrawn_reason: z.string().nullable(),
  })
  .transform((row) => ({
    ...row,
    orgId: row.org_id,
    offerId: row.offer_id,
    promisorOrgId: row.promisor_org_id,
    promisorEnvironment: row.promisor_environment,
    pactId: row.pact_id,
    lineageId: row.lineage_id,
    pactDigest: row.pact_digest,
    signedAt: row.signed_at,
    withdrawnAt: row.withdrawn_at,
    withdrawnReason: row.withdrawn_reason,
  }))
  .nullable();

export type CosignatureFacts = Omit<CosignatureRow, "tokenHash" | "terms" | "dsseSignature" | "eventSeq" | "signedBy" | "revision">;

export const readReceived = ({ received }: Pick<FoundOffer, "received">): CosignatureFacts | null => Received.parse(received);

const factsView = (row: CosignatureFacts, state: PactState): ReceivedView => ({
  id: row.id,
  offerId: row.offerId,
  signer: { organization: row.orgId, environment: row.environment },
  promisor: { organization: row.promisorOrgId, environment: row.promisorEnvironment },
  pact: { id: row.pactId, lineageId: row.lineageId, version: row.version, digest: row.pactDigest, state },
  standing: standingOf(row.withdrawnAt, state),
  statement: row.statement,
  digest: row.digest,
  kid: row.kid,
  signedAt: row.signedAt.toISOString(),
  withdrawnAt: row.withdrawnAt?.toISOString() ?? null,
  withdrawnReason: row.withdrawnReason,
});

const termsView = (pact: PactTerms) => {
  const terms = termsOf(pact);
  return { ...terms, conditions: [...terms.conditions] };
};

type SignedView = { readonly cosignature: CosignatureFacts & Pick<CosignatureRow, "signedBy" | "terms">; readonly pactState: PactState };

/** A co-signature as the signer's organization sees it. */
export const toCosignature = ({ cosignature, pactState }: SignedView): CosignatureView => ({
  ...factsView(cosignature, pactState),
  signedBy: cosignature.signedBy,
  terms: termsView(cosignature.terms),
});

/** An offer as the promisor's organization sees it, with what the other side has signed. */
export function toOffer(found: Pick<FoundOffer, "offer" | "pact" | "received">, now: Date): OfferView {
  const { offer, pact } = found;
  const received = readReceived(found);
  return {
    id: offer.id,
    pact: { id: pact.id, lineageId: pact.lineageId, version: pact.version, digest: pact.digest, state: pact.state },
    counterparty: offer.counterpartyOrgId,
    state: offerStateOf(offer, received !== null, now),
    createdBy: offer.createdBy,
    createdAt: offer.createdAt.toISOString(),
    expiresAt: offer.expiresAt.toISOString(),
    withdrawnAt: offer.withdrawnAt?.toISOString() ?? null,
    cosignature: received === null ? null : factsView(received, pact.state),
  };
}

/** An offer as whoever holds its token reads it: the promise, who makes it, and how it stands. */
export const toOffered = (found: FoundOffer, reader: OfferedView["reader"]): OfferedView => ({
  offerId: found.offer.id,
  promisor: { organization: found.offer.orgId, environment: found.environment },
  reader,
  pact: { id: found.pact.id, state: found.pact.state, digest: found.pact.digest },
  terms: termsView(found.pact),
  expiresAt: found.offer.expiresAt.toISOString(),
  cosignatureId: readReceived(found)?.id ?? null,
});
