import { allowsWebhooks, type Plan } from "../../access/plans.ts";
import { problem } from "../../http/problem.ts";
import type { webhookEndpoints, webhookHealth } from "../../db/schema/webhooks.ts";
import { shownPublicKey, type ShownSecret } from "../../webhooks/endpoint-secrets.ts";
import type { EndpointView } from "./schemas.ts";

export type EndpointRow = typeof webhookEndpoints.$inferSelect;
export type NewEndpointRow = Omit<EndpointRow, "orgId">;
export type HealthRow = Omit<typeof webhookHealth.$inferSelect, "orgId" | "endpointId">;

/** An endpoint that was not deleted, how it fares, and what signs for it, the newest first. */
export type EndpointRecord = { readonly endpoint: NewEndpointRow; readonly health: HealthRow; readonly signing: readonly ShownSecret[] };

/** Failures until now do not count towards disabling it any more; when it last answered is still known. */
export const forgiven = { failingSince: null, alertedPercent: 0 } as const;

/** How an endpoint fares of which nothing is known yet. */
export const freshHealth: HealthRow = { ...forgiven, lastSuccessAt: null, lastFailureAt: null };

/** How long the former secret signs beside the new one. */
const overlapMs = 24 * 3_600_000;

/** What signs after a rotation: the new secret, and the one before it for 24 hours. All others end, so that there are never more than two. */
export function afterRotation(
  signing: readonly ShownSecret[],
  next: ShownSecret,
  now: Date,
): { formerUntil: Date; signing: ShownSecret[] } {
  const formerUntil = new Date(now.getTime() + overlapMs);
  const former = signing.filter(({ version }) => version === next.version - 1).map((secret) => ({ ...secret, signsUntil: formerUntil }));
  return { formerUntil, signing: [next, ...former] };
}

/** Refuses what would be sent to an endpoint to which nothing is sent. */
export function requireSending({ status }: Pick<EndpointRow, "status">, plan: Plan): void {
  if (!allowsWebhooks(plan)) throw problem("plan_limit", "the plan has no webhooks");
  if (status !== "enabled") throw problem("state_conflict", "the endpoint is disabled");
}

export function toEndpoint({ endpoint, health, signing }: EndpointRecord, plan: Plan): EndpointView {
  const { id, url, description, eventTypes, scheme, status, disabledReason } = endpoint;
  return {
    id,
    url,
    description,
    eventTypes: [...eventTypes],
    scheme,
    status: status === "enabled" ? "enabled" : "disabled",
    disabledReason,
    paused: allowsWebhooks(plan) ? null : "plan",
    signing: signing.map((secret) => ({
      version: secret.version,
      publicKey: shownPublicKey(secret),
      signsUntil: secret.signsUntil?.toISOString() ?? null,
    })),
    health: {
      failingSince: health.failingSince?.toISOString() ?? null,
      alertedPercent: health.alertedPercent,
      lastSuccessAt: health.lastSuccessAt?.toISOString() ?? null,
      lastFailureAt: health.lastFailureAt?.toISOString() ?? null,
    },
    createdAt: endpoint.createdAt.toISOString(),
    updatedAt: endpoint.updatedAt.toISOString(),
  };
}
