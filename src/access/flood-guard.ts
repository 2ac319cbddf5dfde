import type { Environment } from "../env.ts";
import { Problem, problem, type ProblemCode } from "../http/problem.ts";

/** Where the request came from, as Cloudflare saw it. */
export const addressOf = (request: Request): string | null => request.headers.get("CF-Connecting-IP");

/** Counts a request that proved nothing against its address; over the cap it gets 429. Inexact by design: plans have the gate. */
export async function guardAgainstFlood(env: Environment, address: string | null): Promise<void> {
  const { success } = await env.bindings.FLOOD_GUARD.limit({ key: address ?? "unknown" });
  if (!success) throw problem("rate_limited", "too many unauthenticated requests from one address", { headers: { "Retry-After": "60" } });
}

/** The same for what is presented as a payment: whoever asks for prices has as many calls left to pay for. */
export async function guardPayments(env: Environment, address: string | null): Promise<void> {
  const { success } = await env.bindings.FLOOD_GUARD.limit({ key: `payment|${address ?? "unknown"}` });
  if (!success) throw problem("rate_limited", "too many payments from one address", { headers: { "Retry-After": "60" } });
}

/** Counts a call of a host that has not yet said that it wants our traffic, so that no organization floods it through us. */
export async function guardUnprovenHost(env: Environment, orgId: string, host: string): Promise<void> {
  const { success } = await env.bindings.FLOOD_GUARD.limit({ key: `unproven|${orgId}|${host}` });
  if (!success) throw problem("rate_limited", "too many calls of one unproven host", { headers: { "Retry-After": "60" } });
}

const provesNothing = new Set<ProblemCode>(["unauthenticated", "bad_signature", "organization_needed"]);

/** A credential that proves nothing, no longer holds, or is of an organization unknown here counts against its address: guessing meets the same cap. */
export async function countingRefusals<T>(env: Environment, address: string | null, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (thrown) {
    if (!(thrown instanceof Problem) || !provesNothing.has(thrown.code)) throw thrown;
    const { success } = await env.bindings.FLOOD_GUARD.limit({ key: `refused|${address ?? "unknown"}` });
    if (success) throw thrown;
    throw problem("rate_limited", `${thrown.blocker}; too many refusals from one address`, { headers: { "Retry-After": "60" } });
  }
}
