import { z, type RouteConfig } from "@hono/zod-openapi";
import { eventSchemaOf } from "../webhooks/event-schemas.ts";
import type { WebhookEventType } from "../webhooks/event-types.ts";

const headers = z.object({
  "webhook-id": z.string().describe("The event: the same at every attempt and replay, so that whoever keeps it handles each event once."),
  "webhook-timestamp": z
    .string()
    .describe("When this attempt was signed, in seconds since 1970: refuse one that is far from your own clock."),
  "webhook-signature": z
    .string()
    .describe(
      "One or more of `v1,<base64>` and `v1a,<base64>`, with a space between them: of `id.timestamp.body`, over the body's bytes as they came.",
    ),
  "armalo-attempt": z.string().describe("Which attempt this is, from 1. It is not signed: for information."),
});

/** What an endpoint receives of a type, for the `webhooks` section of the OpenAPI document. */
export const toWebhook = (type: WebhookEventType): RouteConfig => ({
  method: "post",
  path: type,
  operationId: `webhook.${type}`,
  summary: `An endpoint that lists \`${type}\` is told of it`,
  tags: ["webhooks"],
  description:
    "Sent as Standard Webhooks have it, at least once and in no promised order. Any 2xx answer within 15 s takes it; everything else is tried again, for about three days in all.",
  request: { headers, body: { required: true, content: { "application/json": { schema: eventSchemaOf(type) } } } },
  responses: {
    "2XX": { description: "Taken. The body is not read." },
    410: { description: "The endpoint is gone: it is disabled at once." },
    default: { description: "Tried again later; `Retry-After` of up to 24 hours is honoured." },
  },
});
