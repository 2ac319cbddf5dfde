import { z } from "@hono/zod-openapi";
import { digestPattern } from "../../crypto/digest.ts";
import { linkTokenPattern } from "../../crypto/link-token.ts";
import { pactStates } from "../../db/schema/pacts.ts";
import { pageOf, pageQuery } from "../../http/pagination.ts";
import { idPattern } from "../../platform/ids.ts";
import { PactId, PactTermsView } from "../pacts/index.ts";
import { maxOfferDays, offerStates, standings } from "./cosignature.ts";

const Time = z.iso.datetime();
const OrganizationId = z.string().regex(idPattern("organization"));
const environment = z.enum(["live", "test"]);
const Party = z.object({ organization: z.string(), environment }).openapi("PactParty");

export const OfferPactBody = z
  .strictObject({
    counterparty: OrganizationId.nullable()
      .default(null)
      .openapi({ description: "The only organization that may read and take the offer. Left out: the first one that holds the link." }),
    lifetimeSeconds: z
      .int()
      .min(60)
      .max(maxOfferDays * 86_400)
      .default(7 * 86_400),
  })
  .openapi("OfferPact");
export type OfferInput = z.output<typeof OfferPactBody>;

export const CosignBody = z
  .strictObject({
    digest: z.string().regex(digestPattern).openapi({ description: "Of the pact that you have read: what you sign, and nothing later." }),
  })
  .openapi("CosignPact");

export const WithdrawBody = z
  .strictObject({
    reason: z.string().trim().min(1).max(200).openapi({ description: "Stands on the public revocation list." }),
  })
  .openapi("WithdrawCosignature");

export const PactParams = z.object({ pactId: PactId });
export const OfferParams = z.object({ offerId: z.string().regex(idPattern("pactOffer")) });
export const OfferedParams = z.object({ token: z.string().regex(linkTokenPattern) });
export const CosignatureParams = z.object({ cosignatureId: z.string().regex(idPattern("cosignature")) });
export const ListOffersQuery = z.object({ ...pageQuery, pactId: PactId.optional() });
export const ListCosignaturesQuery = z.object(pageQuery);

const facts = {
  id: z.string(),
  offerId: z.string(),
  signer: Party,
  promisor: Party.openapi({ description: "Whose agent promises." }),
  pact: z.object({
    id: z.string(),
    lineageId: z.string(),
    version: z.int(),
    digest: z.string().openapi({ description: "What was signed." }),
    state: z.enum(pactStates).openapi({ description: "How that version stands now." }),
  }),
  standing: z.enum(standings).openapi({ description: "`older_version`: a later version is active, and needs a co-signature of its own." }),
  statement: z.string().openapi({ description: "An in-toto Statement as a compact JWS." }),
  digest: z.string().openapi({ description: "SHA-256 of the statement's payload." }),
  kid: z.string(),
  signedAt: Time,
  withdrawnAt: Time.nullable(),
  withdrawnReason: z.string().nullable(),
};
const ReceivedCosignature = z.object(facts).openapi("ReceivedCosignature");
export type ReceivedView = z.input<typeof ReceivedCosignature>;

export const Cosignature = z
  .object({ ...facts, signedBy: z.string(), terms: PactTermsView.openapi({ description: "Your own copy of what you signed." }) })
  .openapi("Cosignature");
export type CosignatureView = z.input<typeof Cosignature>;
export const CosignaturePage = pageOf(Cosignature).openapi("CosignaturePage");

export const PactOffer = z
  .object({
    id: z.string(),
    pact: z.object({ id: z.string(), lineageId: z.string(), version: z.int(), digest: z.string().nullable(), state: z.enum(pactStates) }),
    counterparty: z.string().nullable(),
    state: z.enum(offerStates),
    createdBy: z.string(),
    createdAt: Time,
    expiresAt: Time,
    withdrawnAt: Time.nullable(),
    cosignature: ReceivedCosignature.nullable(),
  })
  .openapi("PactOffer");
export type OfferView = z.input<typeof PactOffer>;
export const PactOfferPage = pageOf(PactOffer).openapi("PactOfferPage");

export const NewPactOffer = z
  .object({
    ...PactOffer.shape,
    url: z.string().nullable().openapi({ description: "Shown this once; null when a repeated request is answered." }),
  })
  .openapi("NewPactOffer");
export type NewOfferView = z.input<typeof NewPactOffer>;

export const OfferedPact = z
  .object({
    offerId: z.string(),
    promisor: Party,
    reader: Party.openapi({ description: "You. Where the environments differ, one of you is only testing." }),
    pact: z.object({ id: z.string(), state: z.enum(pactStates), digest: z.string().nullable() }),
    terms: PactTermsView,
    expiresAt: Time,
    cosignatureId: z.string().nullable().openapi({ description: "The co-signature that was given, if there is one." }),
  })
  .openapi("OfferedPact");
export type OfferedView = z.input<typeof OfferedPact>;
