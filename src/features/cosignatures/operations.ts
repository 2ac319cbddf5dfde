import { defineOperation } from "../../http/define-operation.ts";
import { BundleQuery, StatementBundle } from "../statements/index.ts";
import { cosignPact } from "./cosign-pact.ts";
import { offerPact } from "./offer-pact.ts";
import { readBundle, readReceivedBundle } from "./read-bundle.ts";
import { getCosignature, listCosignatures } from "./read-cosignatures.ts";
import { readOffered } from "./read-offered.ts";
import { getOffer, listOffers } from "./read-offers.ts";
import {
  CosignBody,
  Cosignature,
  CosignaturePage,
  CosignatureParams,
  ListCosignaturesQuery,
  ListOffersQuery,
  NewPactOffer,
  OfferedPact,
  OfferedParams,
  OfferPactBody,
  OfferParams,
  PactOffer,
  PactOfferPage,
  PactParams,
  WithdrawBody,
} from "./schemas.ts";
import { withdrawCosignature } from "./withdraw-cosignature.ts";
import { withdrawOffer } from "./withdraw-offer.ts";

const read = { governance: "tenant-read", method: "get", access: { mode: "tenant", scope: "pacts:read" } } as const;
const offer = { governance: "tenant-mutation", method: "post", access: { mode: "tenant", scope: "pacts:write" } } as const;
/** Its own scope: to sign binds the organization, which to draft or change a pact of its own does not. */
const sign = { ...offer, access: { mode: "tenant", scope: "pacts:cosign" } } as const;

export const cosignatureOperations = [
  defineOperation({
    ...offer,
    id: "pact_offers.create",
    path: "/v1/pacts/{pactId}/offers",
    summary: "Offer an active pact to another organization to co-sign",
    audit: "pact_offer.created",
    request: { params: PactParams, body: OfferPactBody },
    response: { status: 201, body: NewPactOffer },
    handle: ({ input, ...context }) => offerPact(context, input.params.pactId, input.body),
  }),
  defineOperation({
    ...read,
    id: "pact_offers.list",
    path: "/v1/pact-offers",
    summary: "List offers of pacts, with the co-signatures that came of them",
    request: { query: ListOffersQuery },
    response: { status: 200, body: PactOfferPage },
    handle: ({ input, ...context }) => listOffers(context, input.query),
  }),
  defineOperation({
    ...read,
    id: "pact_offers.get",
    path: "/v1/pact-offers/{offerId}",
    summary: "Read an offer of a pact, with its co-signature",
    request: { params: OfferParams },
    response: { status: 200, body: PactOffer },
    handle: ({ input, ...context }) => getOffer(context, input.params.offerId),
  }),
  defineOperation({
    ...read,
    id: "pact_offers.bundle",
    path: "/v1/pact-offers/{offerId}/bundle",
    summary: "Read the co-signature of an offer with all that is needed to check it offline",
    request: { params: OfferParams, query: BundleQuery },
    response: { status: 200, body: StatementBundle },
    handle: ({ input: { params, query }, ...context }) => readReceivedBundle(context, params.offerId, query.envelope),
  }),
  defineOperation({
    ...offer,
    id: "pact_offers.withdraw",
    path: "/v1/pact-offers/{offerId}/withdraw",
    summary: "End an offer that nobody has taken",
    audit: "pact_offer.withdrawn",
    request: { params: OfferParams },
    response: { status: 200, body: PactOffer },
    handle: ({ input, ...context }) => withdrawOffer(context, input.params.offerId),
  }),
  defineOperation({
    ...read,
    id: "offered_pacts.get",
    path: "/v1/offered-pacts/{token}",
    summary: "Read a pact that another organization offers",
    request: { params: OfferedParams },
    response: { status: 200, body: OfferedPact },
    handle: ({ input, ...context }) => readOffered(context, input.params.token),
  }),
  defineOperation({
    ...sign,
    id: "offered_pacts.cosign",
    path: "/v1/offered-pacts/{token}/cosign",
    summary: "Co-sign a pact that another organization offers",
    audit: "cosignature.signed",
    request: { params: OfferedParams, body: CosignBody },
    response: { status: 201, body: Cosignature },
    handle: ({ input, ...context }) => cosignPact(context, input.params.token, input.body.digest),
  }),
  defineOperation({
    ...read,
    id: "cosignatures.list",
    path: "/v1/pact-cosignatures",
    summary: "List what this organization has co-signed",
    request: { query: ListCosignaturesQuery },
    response: { status: 200, body: CosignaturePage },
    handle: ({ input, ...context }) => listCosignatures(context, input.query),
  }),
  defineOperation({
    ...read,
    id: "cosignatures.get",
    path: "/v1/pact-cosignatures/{cosignatureId}",
    summary: "Read a co-signature, with how its pact stands now",
    request: { params: CosignatureParams },
    response: { status: 200, body: Cosignature },
    handle: ({ input, ...context }) => getCosignature(context, input.params.cosignatureId),
  }),
  defineOperation({
    ...read,
    id: "cosignatures.bundle",
    path: "/v1/pact-cosignatures/{cosignatureId}/bundle",
    summary: "Read a co-signature with all that is needed to check it offline",
    request: { params: CosignatureParams, query: BundleQuery },
    response: { status: 200, body: StatementBundle },
    handle: ({ input: { params, query }, ...context }) => readBundle(context, params.cosignatureId, query.envelope),
  }),
  defineOperation({
    ...sign,
    id: "cosignatures.withdraw",
    path: "/v1/pact-cosignatures/{cosignatureId}/withdraw",
    summary: "Take a co-signature back",
    audit: "cosignature.withdrawn",
    request: { params: CosignatureParams, body: WithdrawBody },
    response: { status: 200, body: Cosignature },
    handle: ({ input, ...context }) => withdrawCosignature(context, input.params.cosignatureId, input.body.reason),
  }),
];
