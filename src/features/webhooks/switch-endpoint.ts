import type { z } from "@hono/zod-openapi";
import { plans } from "../../access/plans.ts";
import { requireWholeOrganization } from "../../access/principal.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { cancelPending } from "../../webhooks/delivery-queries.ts";
import { haltEndpoint } from "../../webhooks/poke-endpoint.ts";
import { forgiven, toEndpoint } from "./endpoint.ts";
import { loadEndpoint } from "./load-endpoint.ts";
import type { DeletedEndpoint, EndpointView } from "./schemas.ts";
import { countEndpoints, endSecrets, forgive, selectEndpoint, selectSigning, updateEndpoint } from "./store.ts";

/** Failures until now do not count any more. What was cancelled stays so until it is replayed or recovered. */
export async function enableEndpoint(
  { tenant, principal, plan, now }: WriteContext<"webhook_endpoint.enabled">,
  id: string,
): Promise<EndpointView> {
  requireWholeOrganization(principal);
  const { webhookEndpoints: most } = plans[plan];
  const [[found], signing, [kept]] = await tenant.read((db) => [selectEndpoint(db, id), selectSigning(db, now, id), countEndpoints(db)]);
  if (found === undefined) throw problem("not_found", "no such webhook endpoint");
  if (found.endpoint.status === "enabled") throw problem("state_conflict", "the endpoint is enabled");
  if ((kept?.all ?? 0) > most) throw problem("plan_limit", `the plan allows ${most} webhook endpoints`);
  const change = { status: "enabled", disabledReason: null } as const;
  const endpoint = { ...found.endpoint, ...change, updatedAt: now };
  const view = toEndpoint({ endpoint, health: { ...found.health, ...forgiven }, signing }, plan);
  await tenant.write({ action: "webhook_endpoint.enabled", resource: id, change: view, answer: view }, (db) => [
    updateEndpoint(db, found.endpoint, change, now),
    forgive(db, id),
  ]);
  return view;
}

/** Takes nothing more, and what was on its way is cancelled. The other endpoints that list `webhook.disabled` hear of it. */
export async function disableEndpoint(context: WriteContext<"webhook_endpoint.disabled">, id: string): Promise<EndpointView> {
  const { tenant, principal, plan, env, now } = context;
  requireWholeOrganization(principal);
  const { endpoint, health, signing } = await loadEndpoint(context, id);
  if (endpoint.status !== "enabled") throw problem("state_conflict", "the endpoint is disabled");
  const change = { status: "disabled", disabledReason: "operator" } as const;
  const view = toEndpoint({ endpoint: { ...endpoint, ...change, updatedAt: now }, health, signing }, plan);
  const announces = [{ type: "webhook.disabled", data: { endpointId: id, reason: change.disabledReason } }] as const;
  await tenant.write({ action: "webhook_endpoint.disabled", resource: id, change: view, answer: view, announces }, (db) => [
    updateEndpoint(db, endpoint, change, now),
    cancelPending(db, id),
  ]);
  await haltEndpoint(env, { orgId: tenant.orgId, endpointId: id });
  return view;
}

/** For good: its secrets sign nothing any more, and what was on its way is cancelled. */
export async function deleteEndpoint(
  context: WriteContext<"webhook_endpoint.deleted">,
  id: string,
): Promise<z.input<typeof DeletedEndpoint>> {
  const { tenant, principal, env, now } = context;
  requireWholeOrganization(principal);
  const { endpoint } = await loadEndpoint(context, id);
  const view = { id, status: "deleted" } as const;
  await tenant.write({ action: "webhook_endpoint.deleted", resource: id, change: view, answer: view }, (db) => [
    updateEndpoint(db, endpoint, { status: "deleted" }, now),
    endSecrets(db, id, endpoint.secretVersion, now, now),
    cancelPending(db, id),
  ]);
  await haltEndpoint(env, { orgId: tenant.orgId, endpointId: id });
  return view;
}
