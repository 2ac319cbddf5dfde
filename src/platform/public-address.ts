import ipaddr from "ipaddr.js";

const globalUnicast = ipaddr.IPv6.parseCIDR("2000::/3");

/**
 * Whether an address, as text, is one that the public internet routes to a single host. IPv4-mapped IPv6 is judged as its IPv4.
 * Everything else in the IANA special-purpose registries (RFC 6890) is not: loopback, private, CGNAT, link-local, ULA, documentation, …
 * Text that is no address is not public.
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text)) return false;
  const address = ipaddr.process(text);
  if (address.range() !== "unicast") return false;
  return address.kind() === "ipv4" || address.match(globalUnicast);
}
