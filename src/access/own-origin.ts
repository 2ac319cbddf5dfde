import { problem } from "../http/problem.ts";

/** A browser says where a form or a script comes from; whoever does not say it, or is from elsewhere, changes nothing here (CSRF). */
export function requireOrigin(request: Pick<Request, "headers">, allowed: readonly string[]): void {
  const origin = request.headers.get("Origin");
  if (origin === null || !allowed.includes(origin)) throw problem("origin_refused", origin === null ? "no Origin" : "another Origin");
}

const loopback = ["localhost", "127.0.0.1", "[::1]"];

/**
 * For what is called from programs alone: the host that is asked is ours, and so is the page that has a browser ask, where one does. Else any
 * site could have its visitors' browsers call an installation on their own network (DNS rebinding). One machine has three names for itself.
 */
export function requireOwnSite({ publicOrigin }: { readonly publicOrigin: string }, request: Pick<Request, "headers" | "url">): void {
  const own = new URL(publicOrigin).hostname;
  const hosts = loopback.includes(own) ? loopback : [own];
  const asked = [new URL(request.url).hostname, hostnameOf(`http://${request.headers.get("Host") ?? own}`)];
  if (asked.some((host) => host === undefined || !hosts.includes(host))) throw problem("foreign_site", "another Host");
  const origin = request.headers.get("Origin");
  const isOurs = loopback.includes(own) ? hosts.includes(hostnameOf(origin ?? "") ?? "") : origin === publicOrigin;
  if (origin !== null && !isOurs) throw problem("foreign_site", "another Origin");
}

function hostnameOf(url: string): string | undefined {
  try {
    return new URL(url).hostname;
  } catch {
    return undefined;
  }
}
