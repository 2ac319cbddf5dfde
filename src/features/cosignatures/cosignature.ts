import type { pactCosignatures, pactOffers } from "../../db/schema/pact-cosignatures.ts";
import type { PactState } from "../../db/schema/pacts.ts";

export type CosignatureRow = typeof pactCosignatures.$inferSelect;
export type OfferRow = typeof pactOffers.$inferSelect;

/** The longest that an offer can be taken. */
export const maxOfferDays = 30;

export const offerStates = ["open", "signed", "withdrawn", "expired"] as const;
export type OfferState = (typeof offerStates)[number];

/** A signature given in time counts whatever became of the offer since. */
export function offerStateOf(
  { withdrawnAt, expiresAt }: Pick<OfferRow, "withdrawnAt" | "expiresAt">,
  isSigned: boolean,
  now: Date,
): OfferState {
  if (isSigned) return "signed";
  if (withdrawnAt !== null) return "withdrawn";
  return expiresAt <= now ? "expired" : "open";
}

export const standings = ["current", "older_version", "pact_retired", "withdrawn"] as const;
export type Standing = (typeof standings)[number];

/** What a co-signature is worth now: it is of one digest, and of no later version. */
export function standingOf(withdrawnAt: Date | null, pactState: PactState): Standing {
  if (withdrawnAt !== null) return "withdrawn";
  switch (pactState) {
    case "active":
      return "current";
    case "superseded":
      return "older_version";
    // A draft cannot be co-signed; one that seems to be binds nobody.
    case "draft":
    case "retired":
      return "pact_retired";
  }
}

/** What is offered, as it was found behind a token. */
export type Offered = {
  readonly promisor: string;
  readonly pact: { readonly state: PactState; readonly digest: string | null };
};

export type SigningRefusal = "own_pact" | "pact_not_active" | "other_digest";

/** Whether an organization may sign what is offered under the digest that it has read; null where it may. */
export function whyNotSignable({ promisor, pact }: Offered, signer: string, digest: string): SigningRefusal | null {
  if (promisor === signer) return "own_pact";
  if (pact.state !== "active") return "pact_not_active";
  return pact.digest === digest ? null : "other_digest";
}
