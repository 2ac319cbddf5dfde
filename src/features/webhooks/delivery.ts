import type { webhookDeliveries } from "../../db/schema/webhooks.ts";
import type { WebhookEventType } from "../../webhooks/event-types.ts";
import type { DeliveryView } from "./schemas.ts";

export const deliveryStatuses = ["pending", "delivered", "failed", "cancelled"] as const;

/** What can be sent again, beside what waits after a failed attempt: all that is on no way any more. */
export const settledStatuses = ["delivered", "failed", "cancelled"] as const;
/** What never arrived. */
export const missedStatuses = ["failed", "cancelled"] as const;

/** The most that one call recovers. */
export const mostRecovered = 500;

export type DeliveryRow = Omit<typeof webhookDeliveries.$inferSelect, "orgId">;

export function toDelivery(row: DeliveryRow, type: WebhookEventType): DeliveryView {
  const { endpointId, eventId, status, attempts, responseStatus, responseMs, failure } = row;
  return {
    endpointId,
    eventId,
    type,
    status,
    attempts,
    scheduledAt: row.scheduledAt.toISOString(),
    nextAttemptAt: row.nextAttemptAt?.toISOString() ?? null,
    lastAttemptAt: row.lastAttemptAt?.toISOString() ?? null,
    responseStatus,
    responseMs,
    failure,
    createdAt: row.createdAt.toISOString(),
  };
}

/** A delivery at the beginning of a schedule: its first attempt is due at once. */
export const schedule = (now: Date) => ({ status: "pending", attempts: 0, scheduledAt: now, nextAttemptAt: now }) as const;

export const newDelivery = (endpointId: string, eventId: string, now: Date): DeliveryRow => ({
  endpointId,
  eventId,
  ...schedule(now),
  lastAttemptAt: null,
  responseStatus: null,
  responseMs: null,
  failure: null,
  createdAt: now,
});
