const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Bytes as a big-endian base62 number, left-padded with `0` to `width`, so that ASCII order is byte order. */
export function encodeBase62(bytes: Uint8Array, width: number): string {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  let digits = "";
  for (; value > 0n; value /= 62n) digits = alphabet.charAt(Number(value % 62n)) + digits;
  return digits.padStart(width, "0");
}
