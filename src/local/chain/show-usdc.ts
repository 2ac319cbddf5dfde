/** An amount in USDC's millionths, for people: `0.001 USDC`. */
export function showUsdc(amount: bigint): string {
  const digits = amount.toString().padStart(7, "0");
  const fraction = digits.slice(-6).replace(/0+$/, "");
  return `${digits.slice(0, -6)}${fraction === "" ? "" : `.${fraction}`} USDC`;
}
