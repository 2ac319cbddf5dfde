import { sql } from "drizzle-orm";
import { foreignKey, index, integer, jsonb, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { WebhookEventType } from "../../webhooks/event-types.ts";
import type { DeliveryFailure } from "../../webhooks/outcome.ts";

export const webhookEndpoints = pgTable(
  "webhook_endpoints",
  {
    orgId: text().notNull(),
    id: text().notNull(),
    url: text().notNull(),
    description: text(),
    /** Explicit: an empty list means nothing. */
    eventTypes: jsonb().$type<readonly WebhookEventType[]>().notNull(),
    /** `v1`: HMAC-SHA256; `v1a`: Ed25519 (Standard Webhooks). */
    scheme: text().$type<"v1" | "v1a">().notNull(),
    status: text().$type<"enabled" | "disabled" | "deleted">().notNull(),
    disabledReason: text().$type<"operator" | "gone" | "failing">(),
    /** The version of the secret that signs alone, once no older one signs beside it. */
    secretVersion: integer().notNull(),
    revision: integer().notNull(),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    updatedAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.id] }), index("webhook_endpoints_page").on(table.orgId, table.createdAt, table.id)],
);

export const webhookSecrets = pgTable(
  "webhook_secrets",
  {
    orgId: text().notNull(),
    endpointId: text().notNull(),
    version: integer().notNull(),
    /** The HMAC key (32 bytes), or the Ed25519 private key (PKCS #8), sealed for organization, endpoint and version. */
    sealedSecret: text().notNull(),
    /** `v1a` alone: the raw public key, base64. */
    publicKey: text(),
    /** Null for the newest; an older one signs beside it until then. */
    signsUntil: timestamp({ withTimezone: true, precision: 3 }),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.endpointId, table.version] }),
    foreignKey({ columns: [table.orgId, table.endpointId], foreignColumns: [webhookEndpoints.orgId, webhookEndpoints.id] }),
  ],
);

/** What is to be told, written in the transaction in which it happened; kept for 30 days. */
export const webhookEvents = pgTable(
  "webhook_events",
  {
    orgId: text().notNull(),
    /** The `webhook-id` of every attempt and replay. */
    id: text().notNull(),
    type: text().$type<WebhookEventType>().notNull(),
    /** The body, byte for byte: what is signed never changes. */
    payload: text().notNull(),
    /** The audit event that it tells of. */
    auditEventId: text().notNull(),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.id] })],
);

/** One event on its way to one endpoint. How it goes is a by-product, which needs no audit event; that it was queued has one. */
export const webhookDeliveries = pgTable(
  "webhook_deliveries",
  {
    orgId: text().notNull(),
    endpointId: text().notNull(),
    eventId: text().notNull(),
    /** `failed`: every attempt was made; `cancelled`: the endpoint was disabled or deleted first. */
    status: text().$type<"pending" | "delivered" | "failed" | "cancelled">().notNull(),
    /** Attempts made of the present schedule. */
    attempts: integer().notNull(),
    /** When the present schedule began: at the event, or at the newest replay. */
    scheduledAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    nextAttemptAt: timestamp({ withTimezone: true, precision: 3 }),
    lastAttemptAt: timestamp({ withTimezone: true, precision: 3 }),
    responseStatus: integer(),
    responseMs: integer(),
    /** Why the newest attempt failed: a closed list, never what the receiver said. */
    failure: text().$type<DeliveryFailure>(),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.endpointId, table.eventId] }),
    index("webhook_deliveries_page").on(table.orgId, table.endpointId, table.createdAt, table.eventId),
    index("webhook_deliveries_due")
      .on(table.nextAttemptAt)
      .where(sql`status = 'pending'`),
    index("webhook_deliveries_pending")
      .on(table.orgId, table.endpointId, table.nextAttemptAt)
      .where(sql`status = 'pending'`),
    foreignKey({ columns: [table.orgId, table.endpointId], foreignColumns: [webhookEndpoints.orgId, webhookEndpoints.id] }),
    foreignKey({ columns: [table.orgId, table.eventId], foreignColumns: [webhookEvents.orgId, webhookEvents.id] }).onDelete("cascade"),
  ],
);

/** How an endpoint fares: a by-product of its deliveries. Made with the endpoint. */
export const webhookHealth = pgTable(
  "webhook_health",
  {
    orgId: text().notNull(),
    endpointId: text().notNull(),
    /** The first failed attempt since anything succeeded, or since it was enabled. */
    failingSince: timestamp({ withTimezone: true, precision: 3 }),
    /** The share of the way to being disabled that was told of: 0, 50, 70, 90, 100. */
    alertedPercent: integer().notNull(),
    lastSuccessAt: timestamp({ withTimezone: true, precision: 3 }),
    lastFailureAt: timestamp({ withTimezone: true, precision: 3 }),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.endpointId] }),
    foreignKey({ columns: [table.orgId, table.endpointId], foreignColumns: [webhookEndpoints.orgId, webhookEndpoints.id] }),
  ],
);

/** What people should be told, ready to be e-mailed: plain text, and no secret or personal data in it. */
export const notices = pgTable(
  "notices",
  {
    orgId: text().notNull(),
    id: text().notNull(),
    kind: text().$type<"webhook_failing" | "webhook_disabled" | "payment_failed" | "plan_changed">().notNull(),
    severity: text().$type<"info" | "warning" | "critical">().notNull(),
    subject: text().notNull(),
    text: text().notNull(),
    /** What it is about: an identifier. */
    resource: text().notNull(),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.id] }),
    index("notices_page").on(table.orgId, table.createdAt.desc(), table.id.desc()),
  ],
);
