/** What an organization's own systems can be told. The list is closed: an endpoint that names another type is refused. */
export const webhookEventTypes = [
  "score.changed",
  "score.tier_changed",
  "pact.activated",
  "pact.cosigned",
  "pact.violated",
  "eval.completed",
  "eval.failed",
  "attestation.issued",
  "attestation.revoked",
  "payment.settled",
  "room.member_revoked",
  "key.created",
  "key.rotated",
  "key.revoked",
  "webhook.disabled",
  "webhook.test",
] as const;

export type WebhookEventType = (typeof webhookEventTypes)[number];
