import { z } from "zod";
import { sha256Digest } from "../digest.ts";
import { canonicalJson, type JsonValue } from "../canonical-json.ts";
import { subjectOf, type Subject } from "./statement.ts";

/** What a receipt for a payment tells: it was delivered for, is owed for, or was undone by the chain. */
export const paymentOutcomes = ["delivered", "credited", "reversed"] as const;
export type PaymentOutcome = (typeof paymentOutcomes)[number];

const Address = z.string().regex(/^0x[0-9a-f]{40}$/);
const Instant = z.iso.datetime({ precision: 3 });

/** The part of a payment receipt's predicate that is its own. Addresses and hashes are in lower case. */
export const PaymentClaim = z.looseObject({
  /** The payment's identifier in this API; `id` is the receipt's. */
  payment: z.string().min(1),
  outcome: z.enum(paymentOutcomes),
  /** CAIP-2. */
  network: z.string().regex(/^eip155:\d+$/),
  asset: Address,
  payer: Address,
  payTo: Address,
  /** Atomic units of the asset. */
  amount: z.string().regex(/^(0|[1-9]\d*)$/),
  /** Where the chain holds it; of what was reversed, where it was last. */
  transaction: z.string().regex(/^0x[0-9a-f]{64}$/),
  /** The EIP-3009 authorization's nonce: with network, asset and payer, what the payment is. */
  nonce: z.string().regex(/^0x[0-9a-f]{64}$/),
  operation: z.string().min(1),
  /** What was paid for. */
  resource: z.string().min(1),
  settledAt: Instant,
});
export type PaymentClaim = z.output<typeof PaymentClaim>;

/** What such a receipt is about: the authorization that was used, and the request that it was used for. */
export async function paymentSubjects(claim: PaymentClaim, requestDigest: string): Promise<Subject[]> {
  const { network, asset, payer, nonce } = claim;
  const authorization: JsonValue = { network, asset, payer, nonce };
  return [subjectOf("authorization", await sha256Digest(canonicalJson(authorization))), subjectOf("request", requestDigest)];
}
