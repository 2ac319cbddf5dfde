import type { z } from "@hono/zod-openapi";
import { requireWholeOrganization } from "../../access/principal.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { pokeEndpoints } from "../../webhooks/poke-endpoint.ts";
import { missedStatuses, mostRecovered, schedule, settledStatuses, toDelivery } from "./delivery.ts";
import { requireSending } from "./endpoint.ts";
import type { DeliveryView, Recovered } from "./schemas.ts";
import { requireRestartable, restartDeliveries, selectDelivery, selectEndpoint, selectMissed } from "./store.ts";

/** Sends one event again now, delivered or not, by the whole schedule: the same `webhook-id`, the same bytes. */
export async function replayDelivery(
  { tenant, principal, plan, env, now, waitUntil }: WriteContext<"webhook.replayed">,
  endpointId: string,
  eventId: string,
): Promise<DeliveryView> {
  requireWholeOrganization(principal);
  const [[found], [sent]] = await tenant.read((db) => [selectEndpoint(db, endpointId), selectDelivery(db, endpointId, eventId)]);
  if (found === undefined || sent === undefined) throw problem("not_found", "no such webhook delivery");
  requireSending(found.endpoint, plan);
  if (sent.delivery.status === "pending" && sent.delivery.attempts === 0)
    throw problem("state_conflict", "the delivery's first attempt is due");
  const view = toDelivery({ ...sent.delivery, ...schedule(now) }, sent.event.type);
  await tenant.write({ action: "webhook.replayed", resource: endpointId, change: { eventId }, answer: view }, (db) => [
    requireRestartable(db, endpointId, [eventId], settledStatuses),
    restartDeliveries(db, endpointId, [eventId], settledStatuses, now),
  ]);
  waitUntil(pokeEndpoints(env, tenant.orgId, [endpointId]));
  return view;
}

/** Sends again what failed, waits after a failure or was cancelled of the events since a time, the oldest first: as many as one call takes. */
export async function recoverDeliveries(
  { tenant, principal, plan, env, now, waitUntil }: WriteContext<"webhook.recovered">,
  endpointId: string,
  since: Date,
): Promise<z.input<typeof Recovered>> {
  requireWholeOrganization(principal);
  const [[found], missed] = await tenant.read((db) => [
    selectEndpoint(db, endpointId),
    selectMissed(db, endpointId, since, mostRecovered + 1),
  ]);
  if (found === undefined) throw problem("not_found", "no such webhook endpoint");
  requireSending(found.endpoint, plan);
  const eventIds = missed.slice(0, mostRecovered).map(({ eventId }) => eventId);
  const answer = { recovered: eventIds.length, more: missed.length > mostRecovered };
  const change = { since: since.toISOString(), eventIds };
  await tenant.write({ action: "webhook.recovered", resource: endpointId, change, answer }, (db) => [
    requireRestartable(db, endpointId, eventIds, missedStatuses),
    restartDeliveries(db, endpointId, eventIds, missedStatuses, now),
  ]);
  waitUntil(pokeEndpoints(env, tenant.orgId, [endpointId]));
  return answer;
}
