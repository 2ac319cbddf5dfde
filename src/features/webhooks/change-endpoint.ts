import { requireWholeOrganization } from "../../access/principal.ts";
import type { WriteContext } from "../../http/operation.ts";
import { haltEndpoint } from "../../webhooks/poke-endpoint.ts";
import { forgiven, toEndpoint } from "./endpoint.ts";
import { loadEndpoint } from "./load-endpoint.ts";
import { requireTarget } from "./require-target.ts";
import type { EndpointView, UpdateEndpointInput } from "./schemas.ts";
import { forgive, updateEndpoint } from "./store.ts";

/** What is on its way goes to the new URL from its next attempt on, and failures of the former one do not count against it. */
export async function changeEndpoint(
  context: WriteContext<"webhook_endpoint.updated">,
  id: string,
  input: UpdateEndpointInput,
): Promise<EndpointView> {
  const { tenant, principal, plan, env, now } = context;
  requireWholeOrganization(principal);
  const { endpoint, health, signing } = await loadEndpoint(context, id);
  const change = {
    url: input.url === undefined ? endpoint.url : await requireTarget(context, input.url),
    description: input.description === undefined ? endpoint.description : input.description,
    eventTypes: input.eventTypes ?? endpoint.eventTypes,
  };
  const moved = change.url !== endpoint.url;
  const changed = { endpoint: { ...endpoint, ...change, updatedAt: now }, health: moved ? { ...health, ...forgiven } : health, signing };
  const view = toEndpoint(changed, plan);
  await tenant.write({ action: "webhook_endpoint.updated", resource: id, change: view, answer: view }, (db) => [
    updateEndpoint(db, endpoint, change, now),
    ...(moved ? [forgive(db, id)] : []),
  ]);
  if (moved) await haltEndpoint(env, { orgId: tenant.orgId, endpointId: id });
  return view;
}
