import type { JsonValue } from "./canonical-json.ts";
import { jsonDigest, type Digest } from "./digest.ts";
import { toHex } from "./encoding.ts";

/** A new salt: 32 random bytes, hex. */
export const newSalt = (): string => toHex(crypto.getRandomValues(new Uint8Array(32)));

/** SHA-256 of the JCS of [salt, value]: once both are erased it says nothing of either, and the log that holds it stays whole. */
export const commitTo = (salt: string, value: JsonValue): Promise<Digest> => jsonDigest([salt, value]);
