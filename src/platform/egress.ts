import { checkUrl, isLocalEndpoint, type EgressPolicy } from "./egress-url.ts";
import { exchange, type ExchangeFailure, type ExchangeLimits, type ExchangeRequest, type ExchangeResult } from "./exchange.ts";
import { checkName, type NameCheck } from "./resolve-name.ts";

export type EgressEnvironment = EgressPolicy & { readonly dohUrl: string };
export type EgressRequest = ExchangeRequest & { readonly url: string };
export type EgressFailure = "refused_url" | "dns_refused" | "dns_unreachable" | ExchangeFailure;
export type EgressResult =
  | Extract<ExchangeResult, { ok: true }>
  | (Omit<Extract<ExchangeResult, { ok: false }>, "reason"> & { readonly reason: EgressFailure });

/** What the names of one run resolved to: asked once, so that an owner cannot change the answer from case to case. */
export type NameCache = Map<string, Promise<NameCheck>>;
export const newNameCache = (): NameCache => new Map();

const ours: ReadonlySet<EgressFailure> = new Set(["refused_url", "dns_refused", "dns_unreachable"]);
/** We did not call, so nothing can be said of whoever would have answered. */
export const failureIsOurs = (reason: EgressFailure): boolean => ours.has(reason);

/**
 * Calls a URL that a tenant gave us; nothing else in this code base may. The answer is complete, whatever its status; a redirect is
 * a failure. `timeoutMs` covers the whole exchange but not the look-up of the name.
 *
 * The window that remains: Workers cannot pin the address that they connect to, so a name may resolve to another address between our
 * look-up and the connection (DNS rebinding). On Cloudflare `global_fetch_strictly_public` and the absence of a private network behind
 * the Worker bound what that reaches. Of the answer nothing is shown but verdicts, digests, what a well-formed agent card says of its
 * agent, and, to the organization that registered it as an upstream, what that answered; so on-premises the Worker belongs where it reaches
 * nothing private.
 */
export async function egressFetch(
  env: EgressEnvironment,
  request: EgressRequest,
  limits: ExchangeLimits,
  names: NameCache = newNameCache(),
): Promise<EgressResult> {
  const target = await checkTarget(env, request.url, names);
  return target.ok ? await exchange(target.url, request, limits) : { ...target, latencyMs: 0 };
}

export type TargetCheck =
  | { readonly ok: true; readonly url: URL }
  | { readonly ok: false; readonly reason: "refused_url" | "dns_refused" | "dns_unreachable"; readonly detail: string };

/** Whether a URL may be called, and its name leads to public addresses at this moment: asked where one is registered, and before each call. */
export async function checkTarget(env: EgressEnvironment, url: string, names: NameCache = newNameCache()): Promise<TargetCheck> {
  const checked = checkUrl(url, env);
  if (!checked.ok) return { ok: false, reason: "refused_url", detail: checked.reason };
  if (isLocalEndpoint(checked.url, env)) return checked;
  const name = await resolveOnce(env.dohUrl, checked.url.hostname, names);
  return name.ok ? checked : name;
}

async function resolveOnce(dohUrl: string, host: string, names: NameCache): Promise<NameCheck> {
  const asked = names.get(host) ?? checkName(dohUrl, host);
  names.set(host, asked);
  const answer = await asked;
  // A resolver that could not be reached has said nothing worth keeping.
  if (!answer.ok && answer.reason === "dns_unreachable") names.delete(host);
  return answer;
}
