import type { ProviderDelivery } from "../http/operation.ts";
import { problem } from "../http/problem.ts";
import type { Provider } from "./provider.ts";
import type { ProviderSettings } from "./settings.ts";
import { readInngest } from "./signatures/inngest.ts";
import type { PresentedSignature } from "./signatures/presented.ts";
import { readStandardWebhook } from "./signatures/standard-webhooks.ts";
import { readTimestampedHex } from "./signatures/timestamped-hex.ts";

/** How far a delivery's time may be from ours, before and after. */
const toleranceMs = 300_000;

const readSignature: Readonly<Record<Provider, (headers: Headers) => PresentedSignature | undefined>> = {
  clerk: (headers) => readStandardWebhook(headers, "svix"),
  // Endpoints that were made for its API v5 sign in the older way still.
  whop: (headers) =>
    headers.has("webhook-signature") ? readStandardWebhook(headers, "webhook") : readTimestampedHex(headers, "x-whop-signature"),
  stripe: (headers) => readTimestampedHex(headers, "stripe-signature"),
  inngest: readInngest,
};

/**
 * Checks a delivery's signature with every secret of its provider, and its time. Throws `not_configured` without a secret, and
 * `bad_signature`, the same for every reason, for whatever does not fit.
 */
export async function verifyDelivery(
  { providers }: { readonly providers: Pick<ProviderSettings, "webhookSecrets"> },
  provider: Provider,
  headers: Headers,
  body: Uint8Array<ArrayBuffer>,
  now: Date,
): Promise<ProviderDelivery> {
  const secrets = providers.webhookSecrets[provider];
  if (secrets === undefined) throw problem("not_configured", `no secret of ${provider}`);
  const presented = readSignature[provider](headers);
  if (presented === undefined) throw problem("bad_signature", "the headers are missing or malformed");
  const signedAt = new Date(presented.seconds * 1000);
  if (Math.abs(now.getTime() - signedAt.getTime()) > toleranceMs) throw problem("bad_signature", "signed too long ago, or in the future");
  const signed = presented.signedBytes(body);
  if (signed === undefined || !(await isSigned(secrets, presented.signatures, signed))) throw problem("bad_signature", "no secret fits");
  return { provider, deliveryId: presented.deliveryId, signedAt, body };
}

type Bytes = Uint8Array<ArrayBuffer>;

async function isSigned(secrets: readonly Bytes[], signatures: readonly Bytes[], signed: Bytes): Promise<boolean> {
  for (const secret of secrets) {
    const key = await keyOf(secret);
    for (const signature of signatures) if (await crypto.subtle.verify("HMAC", key, signature, signed)) return true;
  }
  return false;
}

const keys = new WeakMap<Bytes, CryptoKey>();

/** The secret as Web Crypto takes it, imported once per isolate. */
async function keyOf(secret: Bytes): Promise<CryptoKey> {
  const known = keys.get(secret);
  if (known !== undefined) return known;
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  keys.set(secret, key);
  return key;
}
