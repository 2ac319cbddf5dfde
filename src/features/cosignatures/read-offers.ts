import type { z } from "@hono/zod-openapi";
import { requireWholeOrganization } from "../../access/principal.ts";
import type { ReadContext } from "../../http/operation.ts";
import { toPage } from "../../http/pagination.ts";
import { requireOffer } from "./require.ts";
import type { ListOffersQuery, OfferView, PactOfferPage } from "./schemas.ts";
import { selectOffer, selectOffers } from "./store.ts";
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
