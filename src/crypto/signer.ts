import { fromBase64Url } from "./base64url.ts";
import { thumbprint } from "./ed25519.ts";
import type { KeyHistory, SigningPurpose } from "./statement/key-history.ts";
import { mayKeySign } from "./statement/key-history.ts";

/** An Ed25519 key pair as a JWK (RFC 8037). */
export type PrivateJwk = { readonly kty: "OKP"; readonly crv: "Ed25519"; readonly x: string; readonly d: string };

/** One private key, ready to sign. */
export type Signer = {
  /** RFC 7638 thumbprint. */
  readonly kid: string;
  /** The JWK's `x`. */
  readonly x: string;
  /** 32 raw bytes. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  readonly key: CryptoKey;
  /** A raw Ed25519 signature (RFC 8032), 64 bytes. */
  sign(message: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
};

/** Throws where the parts of the key are not 32 bytes each, or do not belong together. */
export async function openSigner({ kty, crv, x, d }: PrivateJwk): Promise<Signer> {
  const publicKey = fromBase64Url(x);
  if (publicKey === undefined || publicKey.length !== 32) throw new TypeError("not an Ed25519 key");
  const key = await crypto.subtle.importKey("jwk", { kty, crv, x, d }, { name: "Ed25519" }, false, ["sign"]);
  const sign = async (message: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> =>
    new Uint8Array(await crypto.subtle.sign("Ed25519", key, message));
  return { kid: await thumbprint(x), x, publicKey, key, sign };
}

const rings = new WeakMap<readonly PrivateJwk[], Promise<readonly Signer[]>>();

/** The signers of a ring, opened once. */
export function openRing(ring: readonly PrivateJwk[]): Promise<readonly Signer[]> {
  const known = rings.get(ring);
  if (known !== undefined) return known;
  const opened = Promise.all(ring.map(openSigner));
  rings.set(ring, opened);
  return opened;
}

/**
 * The key of the ring that signs now: the one introduced last among those that the history lets sign. So a key starts and
 * ends by the history alone, whenever the ring itself was changed.
 */
export function chooseSigner(ring: readonly Signer[], history: KeyHistory, purpose: SigningPurpose, now: Date): Signer | undefined {
  const allowed = history.keys
    .filter((key) => key.purpose === purpose && mayKeySign(key, now))
    .toSorted((a, b) => Date.parse(b.introducedAt) - Date.parse(a.introducedAt));
  for (const { kid } of allowed) {
    const signer = ring.find((one) => one.kid === kid);
    if (signer !== undefined) return signer;
  }
  return undefined;
}
