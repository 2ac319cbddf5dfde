import { findDueWebhooks } from "../db/cross-tenant.ts";
import type { Environment } from "../env.ts";
import { log } from "../platform/logger.ts";
import { pokeEndpoints } from "./poke-endpoint.ts";

/** By then the endpoint's own object should have begun. */
const lateAfterMs = 30_000;
const mostEndpoints = 500;
const pokedAtOnce = 20;

/** Wakes the objects of endpoints with something long due: what a lost poke or a lost alarm left behind. Returns how many. */
export async function sweepWebhooks(env: Environment, now: Date): Promise<number> {
  const late = await findDueWebhooks(env, new Date(now.getTime() - lateAfterMs), mostEndpoints);
  for (let from = 0; from < late.length; from += pokedAtOnce) {
    const some = late.slice(from, from + pokedAtOnce);
    await Promise.all(some.map(({ orgId, endpointId }) => pokeEndpoints(env, orgId, [endpointId])));
  }
  if (late.length > 0) log("warn", "webhooks_late", { endpoints: late.length });
  return late.length;
}
