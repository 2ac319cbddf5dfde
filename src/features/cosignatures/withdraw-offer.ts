import { requireWholeOrganization } from "../../access/principal.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { requireOffer } from "./require.ts";
import type { OfferView } from "./schemas.ts";
import { selectOffer, updateOffer } from "./store.ts";
import { toOffer } from "./view.ts";

/** Ends an offer that nobody has taken. Where the other side signs at the same moment, whoever commits first decides. */
export async function withdrawOffer({ tenant, principal, now }: WriteContext<"pact_offer.withdrawn">, offerId: string): Promise<OfferView> {
  requireWholeOrganization(principal);
  const [[found]] = await tenant.read((db) => [selectOffer(db, offerId)]);
  const row = requireOffer(found);
  const { state } = toOffer(row, now);
  if (state !== "open") throw problem("state_conflict", `the offer is ${state}`);
  const view = toOffer({ ...row, offer: { ...row.offer, withdrawnAt: now } }, now);
  await tenant.write({ action: "pact_offer.withdrawn", resource: row.offer.pactId, change: { offerId }, answer: view }, (db) => [
    updateOffer(db, row.offer, { withdrawnAt: now }),
  ]);
  return view;
}
