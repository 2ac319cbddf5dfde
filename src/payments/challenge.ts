import { toBase64, utf8 } from "../crypto/encoding.ts";
import type { PaymentRequirements, SettlementHeader } from "./payment.ts";
import { atomicAmount, type Price } from "./prices.ts";
import type { PaymentSettings } from "./settings.ts";

/** How long an authorization may be good for that a payer signs on our asking, in seconds. */
const maxTimeoutSeconds = 300;

/** What must be paid, on each network that payments are taken on: from the settings alone, nobody is asked for it. */
export const requirementsOf = ({ networks }: PaymentSettings, price: Price): PaymentRequirements[] =>
  networks.map(({ network, asset, assetName, assetVersion, decimals, payTo }) => ({
    scheme: "exact",
    network,
    amount: atomicAmount(price, decimals),
    asset,
    payTo,
    maxTimeoutSeconds,
    extra: { name: assetName, version: assetVersion },
  }));

/** The extension `payment-identifier`: a payer may send an `id` of its own, and need not. */
const paymentIdentifier = {
  info: { required: false },
  schema: {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    properties: {
      required: { type: "boolean" },
      id: { type: "string", minLength: 16, maxLength: 128, pattern: "^[a-zA-Z0-9_-]+$" },
    },
    required: ["required"],
  },
} as const;

/**
 * What pays stands on the chain for all to see: authorization and signature. Clients send a challenge's extensions back, so that a payment's
 * header holds what the chain does not, and whoever reads the chain cannot make the header again and have the payer's answer.
 */
const holder = (secret: string) => ({
  info: { secret },
  schema: {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    properties: { secret: { type: "string" } },
    required: ["secret"],
  },
});

export type Challenge = {
  /** Why there is one: a code, never a text from outside. */
  readonly error: string;
  readonly url: string;
  readonly description: string;
  readonly mimeType: string;
  readonly accepts: readonly PaymentRequirements[];
  /** Random, and another one in each challenge. */
  readonly secret: string;
};

/** PAYMENT-REQUIRED (x402 v2). Some facilitators and proxies stop at 3 KB. */
export const challengeHeader = ({ error, url, description, mimeType, accepts, secret }: Challenge): string =>
  toHeader({
    x402Version: 2,
    error,
    resource: { url, description, mimeType },
    accepts,
    extensions: { "payment-identifier": paymentIdentifier, "armalo-holder": holder(secret) },
  });

/** PAYMENT-RESPONSE. */
export const settlementHeader = (settlement: SettlementHeader): string => toHeader(settlement);

const toHeader = (value: object): string => toBase64(utf8(JSON.stringify(value)));
