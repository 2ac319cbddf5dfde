import { concatBytes, toBase64, utf8 } from "../crypto/encoding.ts";

/** How an endpoint's deliveries are signed: HMAC-SHA256 with a shared secret, or Ed25519 with a key pair whose private half is ours. */
export const webhookSchemes = ["v1", "v1a"] as const;
export type WebhookScheme = (typeof webhookSchemes)[number];

/** A secret that was opened to sign with, and for nothing else. */
export type WebhookSigner = { readonly scheme: WebhookScheme; readonly key: CryptoKey };

const algorithms = { v1: "HMAC", v1a: "Ed25519" } as const satisfies Record<WebhookScheme, string>;

export const importHmacKey = (raw: Uint8Array<ArrayBuffer>): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);

/** Of an Ed25519 private key (PKCS #8, RFC 8410). */
export const importEd25519Key = (pkcs8: Uint8Array<ArrayBuffer>): Promise<CryptoKey> =>
  crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", false, ["sign"]);

/** Secrets as they are shown: `whsec_` and the HMAC key, `whpk_` and the public key's 32 bytes (RFC 8032), in base64. */
export const formatSecret = (raw: Uint8Array): string => `whsec_${toBase64(raw)}`;
export const formatPublicKey = (raw: Uint8Array): string => `whpk_${toBase64(raw)}`;

/**
 * The `webhook-signature` header of one attempt (Standard Webhooks 1.0.0): for each signer `v1,<base64>` or `v1a,<base64>`, separated by
 * spaces, over the UTF-8 bytes of `<id>.<timestamp>.<payload>`. `id` has no dot, and the timestamp is in whole seconds since 1970, as the
 * `webhook-id` and `webhook-timestamp` headers say them. Throws where nobody signs: nothing is sent unsigned.
 */
export async function signDelivery(
  signers: readonly WebhookSigner[],
  id: string,
  timestampSeconds: number,
  payload: string,
): Promise<string> {
  if (signers.length === 0) throw new Error("no secret to sign a delivery with");
  if (id.includes(".") || !Number.isSafeInteger(timestampSeconds)) throw new Error("not what a signature can stand for");
  const content = concatBytes(utf8(`${id}.${timestampSeconds}.`), utf8(payload));
  const signed = signers.map(async ({ scheme, key }) => {
    const signature = await crypto.subtle.sign(algorithms[scheme], key, content);
    return `${scheme},${toBase64(new Uint8Array(signature))}`;
  });
  return (await Promise.all(signed)).join(" ");
}
