const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Digits of one division: 62^5 times a limb of 16 bits is still exact in a double. */
const digitsAtOnce = 5;
const divisor = 62 ** digitsAtOnce;

/**
 * Bytes as a big-endian base62 number, left-padded with `0` to `width`, so that ASCII order is byte order. Long division by hand: every
 * request makes an identifier, and BigInt takes ten times as long.
 */
export function encodeBase62(bytes: Uint8Array, width: number): string {
  let limbs = toLimbs(bytes);
  let digits = "";
  while (limbs.length > 0) {
    const quotient: number[] = [];
    let remainder = 0;
    for (const limb of limbs) {
      const value = remainder * 65_536 + limb;
      const whole = Math.floor(value / divisor);
      remainder = value - whole * divisor;
      if (whole > 0 || quotient.length > 0) quotient.push(whole);
    }
    for (let count = 0; count < digitsAtOnce; count += 1) {
      digits = alphabet.charAt(remainder % 62) + digits;
      remainder = Math.floor(remainder / 62);
    }
    limbs = quotient;
  }
  return digits.replace(/^0+/, "").padStart(width, "0");
}

/** Numbers of 16 bits, the first from one byte where there is an odd number of them. */
function toLimbs(bytes: Uint8Array): number[] {
  const limbs: number[] = [];
  for (let at = bytes.length % 2 === 0 ? 0 : -1; at < bytes.length; at += 2) limbs.push((bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0));
  return limbs;
}
