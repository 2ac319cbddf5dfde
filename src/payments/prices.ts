/** In USDC, as a decimal: `"0.001"`. */
export type Price = `${number}`;

/** What is for sale, in USDC: the one price list. `GET /v1/prices` serves it, and each payable operation names its entry. */
export const prices = {
  /** A public agent's score. */
  score: "0.001",
  /** The trust oracle's report with the evidence that the score is recomputed from. */
  evidence: "0.001",
  /** An observation checked against a public agent's pact. */
  verification: "0.002",
  /** A question put to a panel of judges. */
  jury: "0.01",
} as const satisfies Record<string, Price>;

/** A price in the smallest units of a token with so many decimals, as x402 has it. Throws where the token cannot express it. */
export function atomicAmount(price: Price, decimals: number): string {
  const [, whole, fraction = ""] = /^(\d+)(?:\.(\d+))?$/.exec(price) ?? [];
  if (whole === undefined || fraction.length > decimals) throw new RangeError(`${price} is no amount with ${decimals} decimals`);
  return BigInt(whole + fraction.padEnd(decimals, "0")).toString();
}
