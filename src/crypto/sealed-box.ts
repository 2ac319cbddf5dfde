import { canonicalJson } from "./canonical-json.ts";
import { concatBytes, fromBase64, toBase64, utf8 } from "./encoding.ts";

/** Where a sealed value stands. It opens there and nowhere else: the place is the AEAD's associated data. */
export type Place = { readonly table: string; readonly row: string; readonly field: string };

/** Seals and opens one organization's secrets with AES-256-GCM (NIST SP 800-38D), a fresh 96-bit IV each time. */
export type SealedBox = {
  seal(place: Place, plaintext: string): Promise<string>;
  /** Throws where the value was altered, moved to another place or organization, or sealed with a key that is gone. */
  open(place: Place, sealed: string): Promise<string>;
};

/** The installation's wrapping keys, newest first; the first one wraps, all of them unwrap. */
export type KeyRing = { readonly active: string; readonly keys: ReadonlyMap<string, Uint8Array<ArrayBuffer>> };

/** The installation's keys do not fit what it holds: nothing can be sealed or opened until they do. */
export class SealedBoxFault extends Error {
  readonly blocker = this.message;
}

const ivBytes = 12;
const keyBytes = 32;

/** Reads `kid:base64,kid:base64`; undefined where a key is not 32 bytes or a kid is missing, odd or repeated. */
export function parseKeyRing(text: string): KeyRing | undefined {
  const keys = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const part of text.split(",")) {
    const [, kid, encoded] = /^([\w-]{1,32}):([A-Za-z0-9+/]{43}=)$/.exec(part.trim()) ?? [];
    if (kid === undefined || encoded === undefined || keys.has(kid)) return undefined;
    keys.set(kid, fromBase64(encoded));
  }
  const [active] = keys.keys();
  return active === undefined ? undefined : { active, keys };
}

const importKey = (raw: Uint8Array<ArrayBuffer>): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);

async function encrypt(key: CryptoKey, context: string, plaintext: Uint8Array<ArrayBuffer>): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(ivBytes));
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: utf8(context) }, key, plaintext));
  return toBase64(concatBytes(iv, sealed));
}

async function decrypt(key: CryptoKey, context: string, sealed: string): Promise<Uint8Array<ArrayBuffer>> {
  const whole = fromBase64(sealed);
  const iv = whole.slice(0, ivBytes);
  return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData: utf8(context) }, key, whole.slice(ivBytes)));
}

const wrapContext = (orgId: string): string => canonicalJson(["armalo/data-key/1", orgId]);
const valueContext = (orgId: string, place: Place): string => canonicalJson(["armalo/value/1", orgId, place.table, place.row, place.field]);

async function wrap(ring: KeyRing, orgId: string, dataKey: Uint8Array<ArrayBuffer>): Promise<string> {
  const raw = ring.keys.get(ring.active);
  if (raw === undefined) throw new Error("the key ring has no active key");
  return `${ring.active}.${await encrypt(await importKey(raw), wrapContext(orgId), dataKey)}`;
}

async function unwrap(ring: KeyRing, orgId: string, wrapped: string): Promise<Uint8Array<ArrayBuffer>> {
  const dot = wrapped.indexOf(".");
  const raw = ring.keys.get(wrapped.slice(0, dot));
  if (raw === undefined) throw new SealedBoxFault("the data key's wrapping key is not in the ring");
  const key = await importKey(raw);
  try {
    return await decrypt(key, wrapContext(orgId), wrapped.slice(dot + 1));
  } catch {
    throw new SealedBoxFault("the ring's key does not open the data key");
  }
}

/** A new data key for an organization, wrapped by the ring's active key as `kid.base64`. */
export const newWrappedDataKey = (ring: KeyRing, orgId: string): Promise<string> =>
  wrap(ring, orgId, crypto.getRandomValues(new Uint8Array(keyBytes)));

/** The same data key wrapped by the active key; throws where no key of the ring opens it. */
export const rewrapDataKey = async (ring: KeyRing, orgId: string, wrapped: string): Promise<string> =>
  wrap(ring, orgId, await unwrap(ring, orgId, wrapped));

/** The organization's box. The data key is unwrapped at the first use, so a request that seals nothing pays nothing. */
export function openSealedBox(ring: KeyRing, orgId: string, wrapped: string): SealedBox {
  let dataKey: CryptoKey | undefined;
  const key = async (): Promise<CryptoKey> => (dataKey ??= await importKey(await unwrap(ring, orgId, wrapped)));
  return {
    seal: async (place, plaintext) => encrypt(await key(), valueContext(orgId, place), utf8(plaintext)),
    open: async (place, sealed) => new TextDecoder().decode(await decrypt(await key(), valueContext(orgId, place), sealed)),
  };
}
