import { z } from "zod";

const Address = z.templateLiteral(["0x", z.string()]).refine((text) => /^0x[0-9a-fA-F]{40}$/.test(text), "An address has 40 hex digits.");
const Network = z.templateLiteral(["eip155:", z.int().positive()]);
/** Atomic units, a uint256 in its one decimal form. */
const Atomic = z.string().regex(/^(0|[1-9]\d{0,77})$/);
/** Seconds since 1970. Contracts take any uint256; nothing that ends after so many digits is a payment of ours. */
const Seconds = z
  .string()
  .regex(/^(0|[1-9]\d{0,14})$/)
  .transform(Number);
const hex = (least: number, most: number) =>
  z
    .templateLiteral(["0x", z.string()])
    .refine(
      (text) => /^0x([0-9a-fA-F]{2})*$/.test(text) && text.length >= 2 + 2 * least && text.length <= 2 + 2 * most,
      `Hex of ${least} to ${most} bytes.`,
    );

/** What must be paid, as the challenge says it and a payment repeats it (x402 v2, scheme `exact`). */
export const PaymentRequirements = z.looseObject({
  scheme: z.literal("exact"),
  network: Network,
  amount: Atomic,
  asset: Address,
  payTo: Address,
  maxTimeoutSeconds: z.int().positive(),
  extra: z.looseObject({ name: z.string(), version: z.string() }),
});
export type PaymentRequirements = z.output<typeof PaymentRequirements>;

/**
 * EIP-3009 `TransferWithAuthorization`, signed by its payer, and nothing beside it: a facilitator takes a payload that holds another kind of
 * payment too (Permit2) for that one, which is not what we have checked.
 */
const Exact = z.strictObject({
  /** 65 bytes of an account with a key; a contract's signature has the form that the contract wants. */
  signature: hex(65, 4096),
  authorization: z.looseObject({
    from: Address,
    to: Address,
    value: Atomic,
    validAfter: Seconds,
    validBefore: Seconds,
    nonce: hex(32, 32),
  }),
});

/** 16 to 128 of these: the payer's own name for what it wants to pay once (extension `payment-identifier`). */
const Identifier = z.string().regex(/^[A-Za-z0-9_-]{16,128}$/);

/** What `PAYMENT-SIGNATURE` holds. What it says besides is sent on to the facilitator as it came. */
export const PaymentPayload = z.looseObject({
  x402Version: z.literal(2),
  resource: z.looseObject({ url: z.string() }).optional(),
  accepted: PaymentRequirements,
  payload: Exact,
  extensions: z
    .looseObject({ "payment-identifier": z.looseObject({ info: z.looseObject({ id: Identifier.optional() }) }).optional() })
    .optional(),
});

/** A payment whose form, terms and signature hold. Whether it can be taken, and was, is another question. */
export type PresentedPayment = {
  readonly network: PaymentRequirements["network"];
  readonly asset: `0x${string}`;
  readonly payer: `0x${string}`;
  readonly nonce: `0x${string}`;
  /** Atomic units. */
  readonly amount: string;
  readonly payTo: `0x${string}`;
  /** Seconds since 1970: it can be taken after the one and before the other. */
  readonly validAfter: number;
  readonly validBefore: number;
  /** The text of the x402 payload's JSON, as it was sent. */
  readonly payload: string;
  /** SHA-256 of it, as hex: who knows a payment from the chain alone does not know that. */
  readonly payloadDigest: string;
  /** The one of ours that it accepts, as it is today. */
  readonly requirements: PaymentRequirements;
  /** Whether that is what is asked for today: a price or a receiver that has changed since takes nothing from a payment that was taken before. */
  readonly isOffered: boolean;
  /** The URL that the payer was asked to pay for, where it says so; nothing signs it. */
  readonly resource?: string;
  readonly identifier?: string;
};

/** What a payer gets again for the same payment, byte for byte. */
export type StoredAnswer = { readonly status: number; readonly mediaType: string; readonly body: string };

/** x402's SettlementResponse, for the header PAYMENT-RESPONSE. `transaction` is "" where there is none. */
export type SettlementHeader = {
  readonly success: boolean;
  readonly errorReason?: string;
  readonly payer: string;
  readonly transaction: string;
  readonly network: string;
  readonly amount?: string;
};

/** The organization whose thing is sold, and the agent, pact or panel that it is about. */
export type Seller = { readonly orgId: string; readonly about: string };

/** What a payment is presented for. */
export type PresentedRequest = {
  /** SHA-256 of the canonical JSON of method, path with query, and the body's SHA-256. */
  readonly fingerprint: string;
  readonly operation: string;
  readonly method: string;
  readonly url: string;
  /** Whether there is something to deliver: nothing is taken where there is not. */
  readonly sellable: boolean;
  /** Unknown where there is nothing to deliver. */
  readonly seller?: Seller;
};

/** Why a payment is of no use. Nothing was taken for this request. */
export const refusals = [
  "expired",
  "not_yet_valid",
  "valid_for_too_long",
  "already_used",
  "not_accepted",
  "not_taken",
  "cancelled",
  "other_request",
  "other_resource",
  "identifier_taken",
] as const;
export type Refusal = (typeof refusals)[number];

export type Presented =
  /** Settled, or a credit is left: run the delivery, then end it under the lease. */
  | { readonly kind: "deliver"; readonly paymentId: string; readonly settlement: SettlementHeader; readonly lease: string }
  /** What the same payment got before. */
  | { readonly kind: "answer"; readonly answer: StoredAnswer; readonly paymentId: string; readonly settlement: SettlementHeader }
  | {
      readonly kind: "refused";
      readonly code: "payment_refused" | "payment_mismatch" | "payment_identifier_conflict";
      readonly reason: Refusal;
      /** Not of one that is bound to no request: its header can be made from what the chain shows. */
      readonly paymentId?: string;
      readonly settlement?: SettlementHeader;
    }
  /** Not known yet whether it was taken, or the delivery is still under way: 503, never 402. */
  | { readonly kind: "pending"; readonly retryAfterSeconds: number; readonly paymentId: string; readonly settlement?: SettlementHeader }
  /** Taken, and not delivered after many tries: it stays a credit, and is tried again no sooner. */
  | { readonly kind: "owed"; readonly retryAfterSeconds: number; readonly paymentId: string; readonly settlement: SettlementHeader }
  /** Never seen before, and there is nothing to sell: nothing was taken. */
  | { readonly kind: "unsold" }
  /** Known, and from another header than this one: whoever made this one is told nothing of it. */
  | { readonly kind: "foreign" };

/** How a delivery ended: with the answer that the payer gets, or failed, which leaves the payer a credit. */
export type DeliveryEnd = { readonly ok: true; readonly answer: StoredAnswer } | { readonly ok: false; readonly code: string };
