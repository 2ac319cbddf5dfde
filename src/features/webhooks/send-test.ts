import { requireWholeOrganization } from "../../access/principal.ts";
import type { WriteContext } from "../../http/operation.ts";
import { newId } from "../../platform/ids.ts";
import { pokeEndpoints } from "../../webhooks/poke-endpoint.ts";
import { webhookBody } from "../../webhooks/queue-events.ts";
import { newDelivery, toDelivery } from "./delivery.ts";
import { requireSending } from "./endpoint.ts";
import { loadEndpoint } from "./load-endpoint.ts";
import type { DeliveryView } from "./schemas.ts";
import { insertDelivery, insertEvent, requireEnabled } from "./store.ts";

/** An event that says nothing has happened, to one endpoint alone, whatever its list. */
export async function sendTest(context: WriteContext<"webhook.test_sent">, endpointId: string): Promise<DeliveryView> {
  const { tenant, principal, plan, env, now, waitUntil } = context;
  requireWholeOrganization(principal);
  const { endpoint } = await loadEndpoint(context, endpointId);
  requireSending(endpoint, plan);
  const [eventId, auditEventId, type] = [newId("webhookEvent"), newId("auditEvent"), "webhook.test" as const];
  const payload = webhookBody(eventId, tenant.orgId, { type, data: { endpointId } }, now);
  const delivery = newDelivery(endpointId, eventId, now);
  const view = toDelivery(delivery, type);
  const event = { id: auditEventId, action: "webhook.test_sent", resource: endpointId, change: { eventId }, answer: view } as const;
  await tenant.write(event, (db) => [
    requireEnabled(db, endpointId),
    insertEvent(db, { id: eventId, type, payload, auditEventId, createdAt: now }),
    insertDelivery(db, delivery),
  ]);
  waitUntil(pokeEndpoints(env, tenant.orgId, [endpointId]));
  return view;
}
