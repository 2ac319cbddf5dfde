import { fromBase64, toBase64 } from "../../crypto/encoding.ts";

/** The bytes of a standard base64 text (RFC 4648, 4) in its one canonical form; undefined for every other text. */
export function readBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 !== 0) return undefined;
  const bytes = fromBase64(text);
  return toBase64(bytes) === text ? bytes : undefined;
}

/** An ASCII decimal without sign or leading zeros, at most 2^53 − 1; undefined for every other text. */
export function readDecimal(text: string): number | undefined {
  const value = /^(0|[1-9]\d{0,15})$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}
