/** An ASCII decimal without sign or leading zeros, at most 2^53 − 1; undefined for every other text. */
export function readDecimal(text: string): number | undefined {
  const value = /^(0|[1-9]\d{0,15})$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}
