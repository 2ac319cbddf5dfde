import { z } from "@hono/zod-openapi";
import { pageOf, pageQuery } from "../../http/pagination.ts";
import { idPattern } from "../../platform/ids.ts";
import { webhookEventTypes } from "../../webhooks/event-types.ts";
import { deliveryFailures } from "../../webhooks/outcome.ts";
import { webhookSchemes } from "../../webhooks/sign.ts";
import { deliveryStatuses } from "./delivery.ts";

const Time = z.iso.datetime();
const EndpointId = z.string().regex(idPattern("webhookEndpoint"));

export const EndpointParams = z.object({ endpointId: EndpointId });
export const DeliveryParams = z.object({ endpointId: EndpointId, eventId: z.string().regex(idPattern("webhookEvent")) });
export const ListEndpointsQuery = z.object(pageQuery);
export const ListDeliveriesQuery = z.object({ ...pageQuery, status: z.enum(deliveryStatuses).optional() });
export type ListDeliveries = z.output<typeof ListDeliveriesQuery>;

/** A test event goes to the one endpoint that it is asked for, whatever its list: to list it would mean nothing. */
const Subscribable = z.enum(webhookEventTypes).exclude(["webhook.test"]);

const url = z.string().min(1).max(2048).openapi({
  description: "Where events are sent: https on port 443, a name that leads to public addresses, and no user information.",
});
const description = z.string().trim().max(500).nullable();
const eventTypes = z
  .array(Subscribable)
  .refine((types) => new Set(types).size === types.length, "A type is named twice.")
  .openapi({ description: "The events that are sent there. The list is explicit: an empty one means nothing." });

export const CreateEndpointBody = z
  .strictObject({
    url,
    description: description.default(null),
    eventTypes,
    scheme: z.enum(webhookSchemes).default("v1").openapi({
      description: "`v1`: HMAC-SHA256 with a secret that is shown once. `v1a`: Ed25519; the public key is shown, the private one never.",
    }),
  })
  .openapi("CreateWebhookEndpoint");
export type CreateEndpointInput = z.output<typeof CreateEndpointBody>;

export const UpdateEndpointBody = z
  .strictObject({ url: url.optional(), description: description.optional(), eventTypes: eventTypes.optional() })
  .refine((body) => Object.keys(body).length > 0, "Names nothing to change.")
  .openapi("UpdateWebhookEndpoint");
export type UpdateEndpointInput = z.output<typeof UpdateEndpointBody>;

const SigningSecret = z.object({
  version: z.int(),
  publicKey: z.string().nullable().openapi({ description: "`v1a`: `whpk_` and the raw Ed25519 public key in base64. `v1`: null." }),
  signsUntil: Time.nullable().openapi({ description: "Null for the newest. A former one signs beside it until then." }),
});

const Health = z.object({
  failingSince: Time.nullable().openapi({ description: "The first failed attempt since anything succeeded, or since it was enabled." }),
  alertedPercent: z.int().openapi({ description: "The share of five days of failure that was told of: 0, 50, 70, 90 or 100." }),
  lastSuccessAt: Time.nullable(),
  lastFailureAt: Time.nullable(),
});

const endpointFields = {
  id: z.string(),
  url: z.string(),
  description: z.string().nullable(),
  eventTypes: z.array(z.enum(webhookEventTypes)),
  scheme: z.enum(webhookSchemes),
  status: z.enum(["enabled", "disabled"]),
  disabledReason: z.enum(["operator", "gone", "failing"]).nullable().openapi({
    description: "`gone`: it answered 410. `failing`: five days of failed attempts.",
  }),
  paused: z.enum(["plan"]).nullable().openapi({ description: "`plan`: the organization's plan has no webhooks; nothing new is queued." }),
  signing: z.array(SigningSecret).openapi({ description: "What signs at this moment, the newest first: at most two." }),
  health: Health,
  createdAt: Time,
  updatedAt: Time,
};

export const WebhookEndpoint = z.object(endpointFields).openapi("WebhookEndpoint");
export type EndpointView = z.input<typeof WebhookEndpoint>;
export const WebhookEndpointPage = pageOf(WebhookEndpoint).openapi("WebhookEndpointPage");

export const IssuedWebhookEndpoint = z
  .object({
    ...endpointFields,
    secret: z.string().nullable().openapi({
      description: "`whsec_` and 32 bytes in base64, shown this once. Null for `v1a`, and where the request was made before.",
    }),
  })
  .openapi("IssuedWebhookEndpoint");
export type IssuedEndpointView = z.input<typeof IssuedWebhookEndpoint>;

export const DeletedEndpoint = z.object({ id: z.string(), status: z.literal("deleted") }).openapi("DeletedWebhookEndpoint");

const deliveryFields = {
  endpointId: z.string(),
  eventId: z.string().openapi({ description: "The `webhook-id` of every attempt and replay." }),
  type: z.enum(webhookEventTypes),
  status: z.enum(deliveryStatuses).openapi({
    description: "`failed`: every attempt was made. `cancelled`: the endpoint was disabled or deleted first.",
  }),
  attempts: z.int().openapi({ description: "Made since `scheduledAt`." }),
  scheduledAt: Time.openapi({ description: "When it was queued, or replayed last." }),
  nextAttemptAt: Time.nullable(),
  lastAttemptAt: Time.nullable(),
  responseStatus: z.int().nullable(),
  responseMs: z.int().nullable(),
  failure: z.enum(deliveryFailures).nullable().openapi({ description: "Why the newest attempt failed; `status`: the answer was not 2xx." }),
  createdAt: Time,
};

export const WebhookDelivery = z.object(deliveryFields).openapi("WebhookDelivery");
export type DeliveryView = z.input<typeof WebhookDelivery>;
export const WebhookDeliveryPage = pageOf(WebhookDelivery).openapi("WebhookDeliveryPage");

export const WebhookDeliveryDetail = z
  .object({ ...deliveryFields, payload: z.string().openapi({ description: "The body, byte for byte as it is signed and sent." }) })
  .openapi("WebhookDeliveryDetail");

export const RecoverBody = z
  .strictObject({
    since: z.iso
      .datetime({ offset: true })
      .transform((text) => new Date(text))
      .openapi({ type: "string", format: "date-time", description: "Of events that happened then or later." }),
  })
  .openapi("RecoverWebhookDeliveries");

export const Recovered = z
  .object({
    recovered: z.int().openapi({ description: "How many deliveries are pending again." }),
    more: z.boolean().openapi({ description: "Whether there are more than one call takes: ask again." }),
  })
  .openapi("RecoveredWebhookDeliveries");

export const WebhookEventTypes = z
  .object({
    items: z.array(
      z.object({
        type: z.enum(webhookEventTypes),
        schema: z.looseObject({}).openapi({ description: "JSON Schema (2020-12) of the whole body of a delivery." }),
      }),
    ),
  })
  .openapi("WebhookEventTypes");
