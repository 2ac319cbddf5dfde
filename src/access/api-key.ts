import { encodeBase62 } from "../crypto/base62.ts";
import { crc32 } from "../crypto/crc32.ts";
import { sha256 } from "../crypto/digest.ts";
import { toHex, utf8 } from "../crypto/encoding.ts";
import { newId, type Id } from "../platform/ids.ts";

export type KeyEnvironment = "live" | "test";

/** What an API key says of itself. The organization is an address only, until the gate confirms it. */
export type ApiKeyClaim = {
  readonly environment: KeyEnvironment;
  readonly orgId: Id<"organization">;
  readonly keyId: Id<"key">;
  /** SHA-256 of the secret part, hex: what the database keeps. */
  readonly secretHash: string;
};

export type ApiKeyRefusal = "malformed" | "checksum" | "never_issued";

/** `arm_<live|test>_<organization>_<id and its tag>_<secret>_<crc>`, published for secret scanners. */
export const apiKeyPattern = /^arm_(live|test)_([0-9A-Za-z]{22})_([0-9A-Za-z]{22})([0-9A-Za-z]{11})_([0-9A-Za-z]{43})_([0-9A-Za-z]{6})$/;

export const importTagKey = (secret: Uint8Array<ArrayBuffer>): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);

const checksum = (text: string): string => encodeBase62(crc32(text), 6);

/**
 * What keeps anybody from inventing something for us to look up or to believe: the beginning of an HMAC-SHA256 over `text`, in base62: 8 bytes are
 * 11 characters, 16 are 22. `text` begins with what the tag is for, so that it fits nothing else.
 */
export async function keyedTag(tagKey: CryptoKey, text: string, bytes: 8 | 16 = 8): Promise<string> {
  const mac = await crypto.subtle.sign("HMAC", tagKey, utf8(text));
  return encodeBase62(new Uint8Array(mac, 0, bytes), bytes === 8 ? 11 : 22);
}

const tagOf = (tagKey: CryptoKey, environment: KeyEnvironment, org: string, id: string): Promise<string> =>
  keyedTag(tagKey, `armalo/key/1|${environment}|${org}|${id}`);

/** Compares without telling, by its time, where two strings of equal length part. */
export function equalInConstantTime(left: string, right: string): boolean {
  let difference = left.length ^ right.length;
  for (let at = 0; at < left.length; at += 1) difference |= left.charCodeAt(at) ^ right.charCodeAt(at % (right.length || 1));
  return difference === 0;
}

/** A new key with 256 random bits. `key` is shown once; only `secretHash` is ever stored. */
export async function mintApiKey(
  tagKey: CryptoKey,
  environment: KeyEnvironment,
  orgId: string,
): Promise<ApiKeyClaim & { readonly key: string }> {
  const keyId = newId("key");
  const org = orgId.slice("org_".length);
  const id = keyId.slice("key_".length);
  const secret = encodeBase62(crypto.getRandomValues(new Uint8Array(32)), 43);
  const stem = `arm_${environment}_${org}_${id}${await tagOf(tagKey, environment, org, id)}_${secret}`;
  return { environment, orgId: `org_${org}`, keyId, secretHash: toHex(await sha256(secret)), key: `${stem}_${checksum(stem)}` };
}

/** Checks form, checksum and tag by arithmetic alone: no look-up, whatever is sent. */
export async function readApiKey(
  tagKey: CryptoKey,
  text: string,
): Promise<{ ok: true; claim: ApiKeyClaim } | { ok: false; reason: ApiKeyRefusal }> {
  const [, environment, org, id, tag, secret, crc] = apiKeyPattern.exec(text) ?? [];
  if (org === undefined || id === undefined || tag === undefined || secret === undefined || crc === undefined)
    return { ok: false, reason: "malformed" };
  if (environment !== "live" && environment !== "test") return { ok: false, reason: "malformed" };
  if (checksum(text.slice(0, text.lastIndexOf("_"))) !== crc) return { ok: false, reason: "checksum" };
  if (!equalInConstantTime(await tagOf(tagKey, environment, org, id), tag)) return { ok: false, reason: "never_issued" };
  return { ok: true, claim: { environment, orgId: `org_${org}`, keyId: `key_${id}`, secretHash: toHex(await sha256(secret)) } };
}
