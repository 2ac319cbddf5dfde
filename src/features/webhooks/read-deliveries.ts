import type { z } from "@hono/zod-openapi";
import { requireWholeOrganization } from "../../access/principal.ts";
import type { ReadContext } from "../../http/operation.ts";
import { toPage } from "../../http/pagination.ts";
import { problem } from "../../http/problem.ts";
import { toDelivery } from "./delivery.ts";
import type { ListDeliveries, WebhookDeliveryDetail, WebhookDeliveryPage } from "./schemas.ts";
import { selectDeliveries, selectDelivery, selectEndpoint } from "./store.ts";

export async function listDeliveries(
  { tenant, principal }: ReadContext,
  endpointId: string,
  query: ListDeliveries,
): Promise<z.input<typeof WebhookDeliveryPage>> {
  requireWholeOrganization(principal);
  const [[endpoint], rows] = await tenant.read((db) => [selectEndpoint(db, endpointId), selectDeliveries(db, endpointId, query)]);
  if (endpoint === undefined) throw problem("not_found", "no such webhook endpoint");
  return toPage(
    rows,
    query,
    ({ delivery }) => ({ at: delivery.createdAt, id: delivery.eventId }),
    ({ delivery, event }) => toDelivery(delivery, event.type),
  );
}

export async function getDelivery(
  { tenant, principal }: ReadContext,
  endpointId: string,
  eventId: string,
): Promise<z.input<typeof WebhookDeliveryDetail>> {
  requireWholeOrganization(principal);
  const [[endpoint], [found]] = await tenant.read((db) => [selectEndpoint(db, endpointId), selectDelivery(db, endpointId, eventId)]);
  if (endpoint === undefined || found === undefined) throw problem("not_found", "no such webhook delivery");
  return { ...toDelivery(found.delivery, found.event.type), payload: found.event.payload };
}
