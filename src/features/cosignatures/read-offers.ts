import type { z } from "@hono/zod-openapi";
import { requireWholeOrganization } from "../../access/principal.ts";
import type { ReadContext, WriteContext } from "../../http/operation.ts";
import { toPage } from "../../http/pagination.ts";
import { problem } from "../../http/problem.ts";
import type { ListOffersQuery, OfferView, PactOfferPage } from "./schemas.ts";
import { selectOffer, selectOffers, updateOffer, type FoundOffer } from "./store.ts";
import { toOffer } from "./view.ts";

/** The organization's offers, each with what the other side has signed: one round trip. */
export async function listOffers(
  { tenant, principal, now }: ReadContext,
  query: z.output<typeof ListOffersQuery>,
): Promise<z.input<typeof PactOfferPage>> {
  requireWholeOrganization(principal);
  const [rows] = await tenant.read((db) => [selectOffers(db, query, query.pactId)]);
  return toPage(
    rows,
    query,
    ({ offer }) => ({ at: offer.createdAt, id: offer.id }),
    (row) => toOffer(row, now),
  );
}

export async function getOffer({ tenant, principal, now }: ReadContext, offerId: string): Promise<OfferView> {
  requireWholeOrganization(principal);
  const [[found]] = await tenant.read((db) => [selectOffer(db, offerId)]);
  return toOffer(requireOffer(found), now);
}

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

function requireOffer(found: FoundOffer | undefined): FoundOffer {
  if (found === undefined) throw problem("not_found", "no such offer");
  return found;
}
