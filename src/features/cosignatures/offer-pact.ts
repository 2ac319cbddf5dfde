import { requireWholeOrganization } from "../../access/principal.ts";
import { sha256Digest } from "../../crypto/digest.ts";
import { newLinkToken } from "../../crypto/link-token.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { newId } from "../../platform/ids.ts";
import { requirePact, selectPact } from "../pacts/index.ts";
import type { NewOfferView, OfferInput } from "./schemas.ts";
import { insertOffer, type NewOffer } from "./store.ts";
import { toOffer } from "./view.ts";

/** Offers an active pact to one other organization to co-sign. The token in the link is shown once and kept as a digest. */
export async function offerPact(
  { tenant, principal, env, now }: WriteContext<"pact_offer.created">,
  pactId: string,
  { counterparty, lifetimeSeconds }: OfferInput,
): Promise<NewOfferView> {
  requireWholeOrganization(principal);
  const [[found]] = await tenant.read((db) => [selectPact(db, pactId)]);
  const pact = requirePact(principal, found);
  if (pact.state !== "active") throw problem("state_conflict", `the pact is ${pact.state}`);
  if (counterparty === tenant.orgId) {
    const message = "An organization does not co-sign its own pact.";
    throw problem("invalid_request", message, { errors: [{ path: "body.counterparty", message }] });
  }
  const token = newLinkToken();
  const offer: NewOffer = {
    id: newId("pactOffer"),
    pactId,
    counterpartyOrgId: counterparty,
    tokenHash: await sha256Digest(token),
    createdBy: principal.actor,
    expiresAt: new Date(now.getTime() + lifetimeSeconds * 1000),
    withdrawnAt: null,
    signingNotedAt: null,
    withdrawalNotedAt: null,
    revision: 1,
    createdAt: now,
  };
  const view = { ...toOffer({ offer: { ...offer, orgId: tenant.orgId }, pact, received: null }, now), url: null };
  const change = { offerId: offer.id, digest: pact.digest, counterparty, expiresAt: view.expiresAt };
  await tenant.write({ action: "pact_offer.created", resource: pactId, change, answer: view }, (db) => [insertOffer(db, offer)]);
  return { ...view, url: `${env.publicOrigin}/v1/offered-pacts/${token}` };
}
