import { fromBase64Url } from "../../crypto/base64url.ts";
import { toBase64 } from "../../crypto/encoding.ts";

/** What stands before the 32 bytes of an Ed25519 key in its SubjectPublicKeyInfo (RFC 8410). */
const prefix = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00] as const;

/** The key with this JWK `x` as openssl reads it. */
function publicKeyPem(x: string): string {
  const point = fromBase64Url(x);
  if (point?.length !== 32) throw new TypeError("not an Ed25519 key");
  return `-----BEGIN PUBLIC KEY-----\n${toBase64(Uint8Array.of(...prefix, ...point))}\n-----END PUBLIC KEY-----\n`;
}

type PublicKey = { readonly kid: string; readonly x: string };

/** A PEM file for each key, by its name: once for a key that is given twice. */
export const pemFiles = (...keys: readonly (readonly PublicKey[])[]): { readonly name: string; readonly text: string }[] =>
  [...new Map(keys.flat().map(({ kid, x }) => [kid, x]))].map(([kid, x]) => ({ name: `keys/${kid}.pem`, text: publicKeyPem(x) }));
