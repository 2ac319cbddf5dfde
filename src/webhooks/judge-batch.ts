import type { Consequence } from "../db/tenant-db.ts";
import { newId } from "../platform/ids.ts";
import type { notices } from "../db/schema/webhooks.ts";
import { outcome, type AlertPercent, type Attempt, type DeliveryChange, type Health, type Outcome } from "./outcome.ts";

/** One attempt that ended, in the order in which attempts did. */
export type Ended = { readonly eventId: string; readonly attempts: number; readonly attempt: Attempt; readonly jitter: number };

/** What a batch means for its deliveries and its endpoint. */
export type Judged = {
  readonly changes: readonly DeliveryChange[];
  readonly health: Health;
  readonly alerts: readonly AlertPercent[];
  readonly disable: Outcome["disable"];
};

export const nothingEnded = (health: Health): Judged => ({ changes: [], health, alerts: [], disable: undefined });

/** What one more attempt adds. */
export function judge(before: Judged, { eventId, attempts, attempt, jitter }: Ended): Judged {
  const { change, health, alerts, disable } = outcome({ eventId, attempts }, before.health, attempt, jitter);
  return {
    changes: [...before.changes, change],
    health,
    alerts: [...before.alerts, ...alerts],
    disable: before.disable ?? disable,
  };
}

type Event = Pick<Consequence, "resource" | "change" | "announces"> & {
  readonly action: "webhook.delivery_failing" | "webhook_endpoint.disabled";
};

/** The audit events that a batch owes: one for each share of the way, and one for being disabled. Most batches owe none. */
export function eventsOf(endpointId: string, { alerts, disable }: Judged): readonly Event[] {
  const failing = alerts.map((percent): Event => ({ action: "webhook.delivery_failing", resource: endpointId, change: { percent } }));
  if (disable === undefined) return failing;
  const disabled: Event = {
    action: "webhook_endpoint.disabled",
    resource: endpointId,
    change: { status: "disabled", reason: disable },
    announces: [{ type: "webhook.disabled", data: { endpointId, reason: disable } }],
  };
  return [...failing, disabled];
}

type Notice = Omit<typeof notices.$inferInsert, "orgId">;

/** What people are told of it: one notice for each event, but for the last share of the way, which the disabling tells. */
export function noticesOf(endpointId: string, { alerts, disable, health }: Judged, now: Date): readonly Notice[] {
  const since = health.failingSince?.toISOString() ?? now.toISOString();
  const told = { resource: endpointId, createdAt: now };
  const failing = alerts
    .filter((percent) => percent < 100)
    .map((percent): Notice => ({
      ...told,
      id: newId("notice"),
      kind: "webhook_failing",
      severity: percent < 90 ? "warning" : "critical",
      subject: `Webhook endpoint ${endpointId} is failing`,
      text: `No delivery to webhook endpoint ${endpointId} has succeeded since ${since}. It has come ${percent} % of the way to being disabled, which happens after five days of failure.`,
    }));
  if (disable === undefined) return failing;
  const why = disable === "gone" ? "it answered 410 Gone" : `no delivery to it has succeeded since ${since}, which is five days or more`;
  const disabled: Notice = {
    ...told,
    id: newId("notice"),
    kind: "webhook_disabled",
    severity: "critical",
    subject: `Webhook endpoint ${endpointId} was disabled`,
    text: `Webhook endpoint ${endpointId} was disabled because ${why}. What waited for it was cancelled. Once the receiver works, enable the endpoint and recover its deliveries.`,
  };
  return [...failing, disabled];
}
