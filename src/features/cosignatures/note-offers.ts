import { openSystemDb } from "../../access/system-principal.ts";
import { findUnnotedOffers } from "../../db/cross-tenant.ts";
import type { Environment } from "../../env.ts";
import { describeFault } from "../../platform/describe-fault.ts";
import type { Basics } from "../../http/operation.ts";
import { log } from "../../platform/logger.ts";
import type { Announcement } from "../../webhooks/event-schemas.ts";
import { selectOffer, updateOffer } from "./store.ts";
import { readReceived, type CosignatureFacts } from "./view.ts";

/** An offer, and whose: from our own records, never from a caller. */
type NamedOffer = { readonly orgId: string; readonly offerId: string };

const mostOffers = 100;
/** By then the request that signed has had it noted, if nothing was lost. */
const lateAfterMs = 30_000;

/** Has the promisor's own log note what the other side did, once that is done. What is lost here, the sweep finds. */
export const noteLater = ({ env, now, waitUntil }: Pick<Basics, "env" | "now" | "waitUntil">, offer: NamedOffer): void =>
  waitUntil(noteOrTell(env, offer, now));

/** Notes what is not yet in the promisors' logs. Returns how many offers were looked at. */
export async function sweepOffers(env: Environment, now: Date): Promise<number> {
  const offers = await findUnnotedOffers(env, new Date(now.getTime() - lateAfterMs), mostOffers);
  for (const offer of offers) await noteOrTell(env, offer, now);
  return offers.length;
}

async function noteOrTell(env: Environment, offer: NamedOffer, now: Date): Promise<void> {
  try {
    await noteOffer(env, offer, now);
  } catch (fault) {
    log("warn", "offer_not_noted", { ...offer, fault: describeFault(fault) });
  }
}

/** Nobody writes another organization's rows: the service enters the promisor's as itself, and notes there what it sees. Each once. */
async function noteOffer(env: Environment, { orgId, offerId }: NamedOffer, now: Date): Promise<void> {
  const tenant = openSystemDb(env, orgId, "system:cosignatures");
  const [[found]] = await tenant.read((db) => [selectOffer(db, offerId)]);
  const received = found === undefined ? null : readReceived(found);
  if (found === undefined || received === null) return;
  const { offer } = found;
  const { id: cosignatureId, orgId: organization, digest: statement } = received;
  const isUnknown = offer.signingNotedAt === null;
  const resource = offer.pactId;
  if (isUnknown) {
    const change = { offerId, organization, cosignatureId, statement };
    // One that was taken back before it was noted is nothing to act on.
    const announces = received.withdrawnAt === null ? [toldToPromisor(received)] : [];
    await tenant.write({ action: "cosignature.received", resource, change, answer: null, announces }, (db) => [
      updateOffer(db, offer, { signingNotedAt: now }),
    ]);
  }
  if (received.withdrawnAt === null || offer.withdrawalNotedAt !== null) return;
  const change = { offerId, organization, cosignatureId, withdrawnAt: received.withdrawnAt.toISOString() };
  const noted = { ...offer, revision: offer.revision + (isUnknown ? 1 : 0) };
  await tenant.write({ action: "cosignature.withdrawal_received", resource, change, answer: null }, (db) => [
    updateOffer(db, noted, { withdrawalNotedAt: now }),
  ]);
}

const toldToPromisor = ({ id, offerId, pactId, pactDigest, orgId, digest }: CosignatureFacts): Announcement => ({
  type: "pact.cosigned",
  data: { as: "promisor", pactId, pactDigest, offerId, cosignatureId: id, organizationId: orgId, digest },
});
