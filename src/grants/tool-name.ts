/** What an MCP client may call a granted capability by. */
export const toolNamePattern = /^[a-z][a-z0-9_]{0,50}$/;
const longest = 51;

/** A tool's name from a capability's: `Refund an order` becomes `refund_an_order`. */
export function toToolName(capabilityName: string): string {
  const words = capabilityName
    .normalize("NFKD")
    .toLowerCase()
    .match(/[a-z0-9]+/g) ?? ["capability"];
  const name = words.join("_");
  return (/^[a-z]/.test(name) ? name : `use_${name}`).slice(0, longest).replace(/_+$/, "");
}
