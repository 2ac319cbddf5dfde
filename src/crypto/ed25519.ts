import { calculateJwkThumbprint } from "jose";
import { fromBase64Url } from "./base64url.ts";
import { toHex } from "./encoding.ts";

/**
 * The points of small order on edwards25519, without the sign bit, canonical or not. A signature by such a key can be made
 * to fit any message, and neither BoringSSL nor OpenSSL refuses it (Brendel et al., "The Provable Security of Ed25519", 2021).
 */
const smallOrder = new Set([
  `00${"00".repeat(31)}`,
  `01${"00".repeat(31)}`,
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  `ec${"ff".repeat(30)}7f`,
  `ed${"ff".repeat(30)}7f`,
  `ee${"ff".repeat(30)}7f`,
]);

const isSmallOrder = (point: Uint8Array): boolean => {
  const unsigned = Uint8Array.from(point);
  unsigned[31] = (unsigned[31] ?? 0) & 0x7f;
  return smallOrder.has(toHex(unsigned));
};

/** The RFC 7638 thumbprint (SHA-256, base64url, 43 characters) of the Ed25519 public key with this JWK `x`. */
export const thumbprint = (x: string): Promise<string> => calculateJwkThumbprint({ kty: "OKP", crv: "Ed25519", x });

/** The public key with this JWK `x` (RFC 8037), or undefined where it is no key, or one that vouches for nothing. */
export async function importPublicKey(x: string): Promise<CryptoKey | undefined> {
  const point = fromBase64Url(x);
  return point === undefined ? undefined : importPoint(point);
}

/** The public key of these 32 bytes (RFC 8032), or undefined where they are no key, or one that vouches for nothing. */
export async function importPoint(point: Uint8Array<ArrayBuffer>): Promise<CryptoKey | undefined> {
  if (point.length !== 32 || isSmallOrder(point)) return undefined;
  try {
    return await crypto.subtle.importKey("raw", point, { name: "Ed25519" }, true, ["verify"]);
  } catch {
    return undefined;
  }
}

/** Whether a signature (64 bytes) holds under a key that was imported here. */
export const verifyEd25519 = (key: CryptoKey, message: Uint8Array<ArrayBuffer>, signature: Uint8Array<ArrayBuffer>): Promise<boolean> =>
  crypto.subtle.verify("Ed25519", key, signature, message);
