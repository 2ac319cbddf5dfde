import { base64url } from "jose";

export const toBase64Url = (bytes: Uint8Array): string => base64url.encode(bytes);

/**
 * The bytes of a base64url text (RFC 4648, 5), or undefined where it is not the one that encodes them: the last digit has
 * unused bits, and a text in which one of those was flipped must not pass for the same.
 */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    const bytes = Uint8Array.from(base64url.decode(text));
    return toBase64Url(bytes) === text ? bytes : undefined;
  } catch {
    return undefined;
  }
}
