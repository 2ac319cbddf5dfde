import type { Id } from "../platform/ids.ts";
import type { JsonObject } from "../expressions/json.ts";
import type { WebhookEventType } from "./event-types.ts";

export type WebhookPayload = {
  readonly id: Id<"webhookEvent">;
  readonly type: WebhookEventType;
  readonly at: Date;
  readonly orgId: string;
  readonly data: JsonObject;
};

/** The body of every delivery of an event: made once, kept as text, and signed and sent byte for byte. */
export const eventPayload = ({ id, type, at, orgId, data }: WebhookPayload): string =>
  JSON.stringify({ id, type, timestamp: at.toISOString(), organizationId: orgId, data });
