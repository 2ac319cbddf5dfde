/** The part of the environment that decides what may be called. */
export type EgressPolicy = {
  readonly egress: "public" | "local";
  readonly publicOrigin: string;
  readonly databaseUrl: string;
  readonly databaseEndpoint?: string | undefined;
};

export type UrlRefusal =
  | "not_a_url"
  | "too_long"
  | "not_https"
  | "port_not_443"
  | "user_info"
  | "ip_literal"
  | "not_a_public_name"
  | "own_host"
  | "workers_dev"
  | "local_port_refused";

export type UrlCheck = { readonly ok: true; readonly url: URL } | { readonly ok: false; readonly reason: UrlRefusal };

const refuse = (reason: UrlRefusal): UrlCheck => ({ ok: false, reason });
const maxUrlLength = 2048;
const loopback = "127.0.0.1";

/** Names that no public resolver should answer for (RFC 6761, RFC 6762, RFC 7686, RFC 8375, ICANN's `internal`). */
const privateSuffixes = ["localhost", "local", "internal", "onion", "home.arpa", "test", "invalid", "example"];

/**
 * Whether a tenant may have us call this URL: https on port 443, no user information, a public name that is not ours. Decided on the
 * parsed URL, because the WHATWG parser turns decimal, octal, hexadecimal and full-width notations into plain addresses.
 * With `egress: "local"`, exactly `http://127.0.0.1:<port>` is allowed too, but for our own port and the database's.
 * What the name resolves to is a second question, asked when the call is made (egress.ts).
 */
export function checkUrl(text: string, policy: EgressPolicy): UrlCheck {
  if (text.length > maxUrlLength) return refuse("too_long");
  const url = URL.parse(text);
  if (url === null) return refuse("not_a_url");
  url.hash = "";
  if (url.username !== "" || url.password !== "") return refuse("user_info");
  if (isLocalEndpoint(url, policy)) return reservedPorts(policy).has(url.port) ? refuse("local_port_refused") : { ok: true, url };
  if (url.protocol !== "https:") return refuse("not_https");
  if (url.port !== "") return refuse("port_not_443");
  return checkHost(url, policy);
}

function checkHost(url: URL, policy: EgressPolicy): UrlCheck {
  const host = url.hostname.replace(/\.$/, "");
  // One dot at the end names the root; more are no name at all, though a resolver may take it for one that is refused below.
  if (host.split(".").includes("")) return refuse("not_a_public_name");
  // After parsing, a last label that is all digits is an IPv4 address, and brackets are IPv6.
  if (host.startsWith("[") || /(^|\.)\d+$/.test(host)) return refuse("ip_literal");
  if (isWithin(host, "workers.dev")) return refuse("workers_dev");
  if (isWithin(host, new URL(policy.publicOrigin).hostname)) return refuse("own_host");
  if (!host.includes(".") || privateSuffixes.some((suffix) => isWithin(host, suffix))) return refuse("not_a_public_name");
  return { ok: true, url };
}

const isWithin = (host: string, zone: string): boolean => host === zone || host.endsWith(`.${zone}`);

/** Whether a URL is the loopback that only `egress: "local"` allows; its owner need not prove that it wants the traffic. */
export function isLocalEndpoint(url: URL, policy: EgressPolicy): boolean {
  return policy.egress === "local" && url.protocol === "http:" && url.hostname === loopback && url.port !== "";
}

function reservedPorts(policy: EgressPolicy): ReadonlySet<string> {
  const addresses = [policy.publicOrigin, policy.databaseUrl, policy.databaseEndpoint].filter((address) => address !== undefined);
  return new Set(addresses.map((address) => new URL(address).port || "5432"));
}

const forbiddenHeaders = new Set([
  "host",
  "content-length",
  "content-type",
  "accept",
  "connection",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
  "via",
  "forwarded",
  "user-agent",
]);

/** Whether a tenant may name this request header: not those that frame a message, name a hop, or speak for Cloudflare or for us. */
export function mayForwardHeader(name: string): boolean {
  const lower = name.toLowerCase();
  return (
    /^[a-z0-9!#$%&'*+.^_`|~-]{1,64}$/.test(lower) &&
    !forbiddenHeaders.has(lower) &&
    !/^(cf-|x-forwarded-|x-real-ip$|sec-|armalo-)/.test(lower)
  );
}
