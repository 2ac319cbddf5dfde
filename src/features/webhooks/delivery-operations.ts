import { defineOperation } from "../../http/define-operation.ts";
import { getDelivery, listDeliveries } from "./read-deliveries.ts";
import {
  DeliveryParams,
  EndpointParams,
  ListDeliveriesQuery,
  RecoverBody,
  Recovered,
  WebhookDelivery,
  WebhookDeliveryDetail,
  WebhookDeliveryPage,
} from "./schemas.ts";
import { recoverDeliveries, replayDelivery } from "./send-again.ts";
import { sendTest } from "./send-test.ts";

const read = { governance: "tenant-read", method: "get", access: { mode: "tenant", scope: "webhooks:read" } } as const;
const send = { governance: "tenant-mutation", method: "post", access: { mode: "tenant", scope: "webhooks:write" } } as const;

export const deliveryOperations = [
  defineOperation({
    ...send,
    id: "webhook_endpoints.test",
    path: "/v1/webhook-endpoints/{endpointId}/test",
    summary: "Send `webhook.test` to one webhook endpoint, whatever its list",
    audit: "webhook.test_sent",
    request: { params: EndpointParams },
    response: { status: 202, body: WebhookDelivery },
    handle: ({ input, ...context }) => sendTest(context, input.params.endpointId),
  }),
  defineOperation({
    ...read,
    id: "webhook_deliveries.list",
    path: "/v1/webhook-endpoints/{endpointId}/deliveries",
    summary: "List what was sent to a webhook endpoint in the last 30 days, and how it went",
    request: { params: EndpointParams, query: ListDeliveriesQuery },
    response: { status: 200, body: WebhookDeliveryPage },
    handle: ({ input, ...context }) => listDeliveries(context, input.params.endpointId, input.query),
  }),
  defineOperation({
    ...read,
    id: "webhook_deliveries.get",
    path: "/v1/webhook-endpoints/{endpointId}/deliveries/{eventId}",
    summary: "Read a delivery, and the body that is sent",
    request: { params: DeliveryParams },
    response: { status: 200, body: WebhookDeliveryDetail },
    handle: ({ input, ...context }) => getDelivery(context, input.params.endpointId, input.params.eventId),
  }),
  defineOperation({
    ...send,
    id: "webhook_deliveries.replay",
    path: "/v1/webhook-endpoints/{endpointId}/deliveries/{eventId}/replay",
    summary: "Send an event again now, under the same `webhook-id`",
    audit: "webhook.replayed",
    request: { params: DeliveryParams },
    response: { status: 202, body: WebhookDelivery },
    handle: ({ input, ...context }) => replayDelivery(context, input.params.endpointId, input.params.eventId),
  }),
  defineOperation({
    ...send,
    id: "webhook_endpoints.recover",
    path: "/v1/webhook-endpoints/{endpointId}/recover",
    summary: "Send again all that failed, waits after a failure or was cancelled since a time, up to 500 at once",
    audit: "webhook.recovered",
    request: { params: EndpointParams, body: RecoverBody },
    response: { status: 202, body: Recovered },
    handle: ({ input, ...context }) => recoverDeliveries(context, input.params.endpointId, input.body.since),
  }),
];
