/** What an MCP client may call a granted capability by. */
export const toolNamePattern = /^[a-z][a-z0-9_]{0,50}$/;
const longest = 51;

/** A tool's name from a capability's: `Refund an order` becomes `refund_an_order`. */
export function toToolName(capabilityName: string): string {
  const plain = capabilityName.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
  const name = (plain.match(/[a-z0-9]+/g) ?? ["capability"]).join("_");
  return (/^[a-z]/.test(name) ? name : `use_${name}`).slice(0, longest).replace(/_+$/, "");
}
