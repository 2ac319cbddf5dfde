/** What a delivery's headers say of its signature, of which nothing is believed yet. */
export type PresentedSignature = {
  /** The provider's own name of the delivery, where the signature covers one. */
  readonly deliveryId: string | null;
  /** Seconds since 1970. */
  readonly seconds: number;
  /** HMAC-SHA256 values, of which one must fit. */
  readonly signatures: readonly Uint8Array<ArrayBuffer>[];
  /** What was signed, for this body; undefined for a body that the scheme cannot sign. */
  readonly signedBytes: (body: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer> | undefined;
};

export const signatureBytes = 32;
/** A sender that rotates its secret signs with two or three: each more would cost us an HMAC over the whole body. */
const mostSignatures = 5;
const mostHeaderChars = 2048;

/** The header's one value, or undefined where it is missing or larger than any that is meant well. */
export function headerOf(headers: Headers, name: string): string | undefined {
  const value = headers.get(name);
  return value === null || value.length > mostHeaderChars ? undefined : value;
}

/** Seconds in their one spelling, until the year 33658. */
export const readSeconds = (text: string): number | undefined => (/^[1-9]\d{0,11}$/.test(text) ? Number(text) : undefined);

/** HMAC-SHA256 as 64 lower-case hex digits, and nothing else. */
export const readHexSignature = (text: string): Uint8Array<ArrayBuffer> | undefined =>
  /^[0-9a-f]{64}$/.test(text)
    ? Uint8Array.from({ length: signatureBytes }, (_, at) => parseInt(text.slice(2 * at, 2 * at + 2), 16))
    : undefined;

/** All of them, or undefined where one could not be read, or where there are none or too many. */
export function allOf(signatures: readonly (Uint8Array<ArrayBuffer> | undefined)[]): readonly Uint8Array<ArrayBuffer>[] | undefined {
  if (signatures.length === 0 || signatures.length > mostSignatures) return undefined;
  const read = signatures.filter((signature) => signature !== undefined);
  return read.length === signatures.length ? read : undefined;
}
