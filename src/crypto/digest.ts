import { canonicalJson, type JsonValue } from "./canonical-json.ts";
import { toHex, utf8 } from "./encoding.ts";

/** `sha256:` and 64 hex digits. */
export type Digest = `sha256:${string}`;

/** What a digest looks like, for schemas. */
export const digestPattern = /^sha256:[0-9a-f]{64}$/;

export async function sha256(data: string | Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", typeof data === "string" ? utf8(data) : data));
}

export async function sha256Digest(data: string | Uint8Array<ArrayBuffer>): Promise<Digest> {
  return `sha256:${toHex(await sha256(data))}`;
}

/** The SHA-256 of a value's RFC 8785 form: equal values have equal digests whatever the order of their members. */
export const jsonDigest = (value: JsonValue): Promise<Digest> => sha256Digest(canonicalJson(value));
