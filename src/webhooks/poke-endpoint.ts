import type { Environment } from "../env.ts";
import { describeFault } from "../platform/describe-fault.ts";
import { log } from "../platform/logger.ts";

/** Names an endpoint of an organization. Both come from our own rows, never from a caller's text. */
export type EndpointAddress = { readonly orgId: string; readonly endpointId: string };

/** The object that delivers to one endpoint. */
export const delivererOf = ({ bindings: { WEBHOOK_DELIVERER: deliverers } }: Environment, { orgId, endpointId }: EndpointAddress) =>
  deliverers.get(deliverers.idFromName(`${orgId}/${endpointId}`));

/** Tells endpoints that something was queued for them. One that is not reached is found by the sweep, so it never fails its caller. */
export async function pokeEndpoints(env: Environment, orgId: string, endpointIds: readonly string[]): Promise<void> {
  await Promise.all(endpointIds.map((endpointId) => poke(env, { orgId, endpointId })));
}

async function poke(env: Environment, address: EndpointAddress): Promise<void> {
  try {
    await delivererOf(env, address).poke(address);
  } catch (fault) {
    log("warn", "webhook_poke_lost", { endpointId: address.endpointId, fault: describeFault(fault) });
  }
}

/**
 * Tells an endpoint's object that the endpoint itself has changed: was disabled, deleted, given another URL or other secrets. Once this
 * returns true, nothing more is sent to it as it was, but for the requests that are under way.
 */
export async function haltEndpoint(env: Environment, address: EndpointAddress): Promise<boolean> {
  try {
    await delivererOf(env, address).halt(address);
    return true;
  } catch (fault) {
    log("warn", "webhook_halt_lost", { endpointId: address.endpointId, fault: describeFault(fault) });
    return false;
  }
}
