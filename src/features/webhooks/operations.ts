import { defineOperation } from "../../http/define-operation.ts";
import { changeEndpoint } from "./change-endpoint.ts";
import { createEndpoint } from "./create-endpoint.ts";
import { deliveryOperations } from "./delivery-operations.ts";
import { getEndpoint, listEndpoints } from "./read-endpoints.ts";
import { listEventTypes } from "./list-event-types.ts";
import { rotateSecret } from "./rotate-secret.ts";
import {
  CreateEndpointBody,
  DeletedEndpoint,
  EndpointParams,
  IssuedWebhookEndpoint,
  ListEndpointsQuery,
  UpdateEndpointBody,
  WebhookEndpoint,
  WebhookEndpointPage,
  WebhookEventTypes,
} from "./schemas.ts";
import { deleteEndpoint, disableEndpoint, enableEndpoint } from "./switch-endpoint.ts";

const access = { mode: "tenant", scope: "webhooks:write" } as const;
const read = { governance: "tenant-read", method: "get", access: { mode: "tenant", scope: "webhooks:read" } } as const;
const change = { governance: "tenant-mutation", method: "post", access } as const;
const credential = { governance: "credential", method: "post", access } as const;
const endpoint = { request: { params: EndpointParams }, response: { status: 200, body: WebhookEndpoint } } as const;

export const webhookOperations = [
  defineOperation({
    ...credential,
    id: "webhook_endpoints.create",
    path: "/v1/webhook-endpoints",
    summary: "Register a URL that is told of events",
    audit: "webhook_endpoint.created",
    request: { body: CreateEndpointBody },
    response: { status: 201, body: IssuedWebhookEndpoint },
    handle: ({ input, ...context }) => createEndpoint(context, input.body),
  }),
  defineOperation({
    ...read,
    id: "webhook_endpoints.list",
    path: "/v1/webhook-endpoints",
    summary: "List webhook endpoints",
    request: { query: ListEndpointsQuery },
    response: { status: 200, body: WebhookEndpointPage },
    handle: ({ input, ...context }) => listEndpoints(context, input.query),
  }),
  defineOperation({
    ...read,
    ...endpoint,
    id: "webhook_endpoints.get",
    path: "/v1/webhook-endpoints/{endpointId}",
    summary: "Read a webhook endpoint, and how it fares",
    handle: ({ input, ...context }) => getEndpoint(context, input.params.endpointId),
  }),
  defineOperation({
    ...change,
    ...endpoint,
    method: "patch",
    id: "webhook_endpoints.update",
    path: "/v1/webhook-endpoints/{endpointId}",
    summary: "Change where a webhook endpoint is, or what it is told",
    audit: "webhook_endpoint.updated",
    request: { params: EndpointParams, body: UpdateEndpointBody },
    handle: ({ input, ...context }) => changeEndpoint(context, input.params.endpointId, input.body),
  }),
  defineOperation({
    ...change,
    method: "delete",
    id: "webhook_endpoints.delete",
    path: "/v1/webhook-endpoints/{endpointId}",
    summary: "Remove a webhook endpoint for good",
    audit: "webhook_endpoint.deleted",
    request: { params: EndpointParams },
    response: { status: 200, body: DeletedEndpoint },
    handle: ({ input, ...context }) => deleteEndpoint(context, input.params.endpointId),
  }),
  defineOperation({
    ...change,
    ...endpoint,
    id: "webhook_endpoints.enable",
    path: "/v1/webhook-endpoints/{endpointId}/enable",
    summary: "Send to a webhook endpoint again",
    audit: "webhook_endpoint.enabled",
    handle: ({ input, ...context }) => enableEndpoint(context, input.params.endpointId),
  }),
  defineOperation({
    ...change,
    ...endpoint,
    id: "webhook_endpoints.disable",
    path: "/v1/webhook-endpoints/{endpointId}/disable",
    summary: "Send nothing more to a webhook endpoint, and cancel what is on its way",
    audit: "webhook_endpoint.disabled",
    handle: ({ input, ...context }) => disableEndpoint(context, input.params.endpointId),
  }),
  defineOperation({
    ...credential,
    id: "webhook_endpoints.rotate_secret",
    path: "/v1/webhook-endpoints/{endpointId}/rotate-secret",
    summary: "Replace the secret that signs; the former one signs beside it for 24 hours",
    guide: "At most two secrets sign: a second rotation within 24 hours ends the oldest at once.",
    audit: "webhook_endpoint.secret_rotated",
    request: { params: EndpointParams },
    response: { status: 200, body: IssuedWebhookEndpoint },
    handle: ({ input, ...context }) => rotateSecret(context, input.params.endpointId),
  }),
  ...deliveryOperations,
  defineOperation({
    id: "webhook_event_types.list",
    method: "get",
    path: "/v1/webhook-event-types",
    summary: "List every type of event, with the JSON Schema of its body",
    access: { mode: "public" },
    governance: "public-read",
    request: {},
    response: { status: 200, body: WebhookEventTypes, anyOrigin: true, cacheControl: "public, max-age=3600" },
    handle: async () => listEventTypes(),
  }),
];
