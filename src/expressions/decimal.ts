/** An exact decimal number: coefficient × 10^exponent. */
export type Decimal = { readonly coefficient: bigint; readonly exponent: number };

const form = /^(-?\d{1,64})(?:\.(\d{1,64}))?(?:e([+-]?\d{1,3}))?$/i;

/** Reads a number as JSON writes it, of at most 64 digits on each side of the point; undefined for anything else. */
export function parseDecimal(text: string): Decimal | undefined {
  const [, whole, fraction = "", power = "0"] = form.exec(text) ?? [];
  if (whole === undefined) return undefined;
  return { coefficient: BigInt(whole + fraction), exponent: Number(power) - fraction.length };
}

/** The value that a JavaScript number prints as; undefined for NaN and the infinities. */
export const decimalOf = (value: number): Decimal | undefined => parseDecimal(String(value));

const scaled = (value: Decimal, exponent: number): bigint => value.coefficient * 10n ** BigInt(value.exponent - exponent);

/** Negative, zero or positive, as `a` is below, equal to or above `b`; exact, unlike comparing numbers that were text. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  const exponent = Math.min(a.exponent, b.exponent);
  const difference = scaled(a, exponent) - scaled(b, exponent);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Whether `value` is a whole multiple of `step`, exactly: 0.3 is one of 0.1. */
export function isMultipleOf(value: Decimal, step: Decimal): boolean {
  const exponent = Math.min(value.exponent, step.exponent);
  return scaled(value, exponent) % scaled(step, exponent) === 0n;
}
