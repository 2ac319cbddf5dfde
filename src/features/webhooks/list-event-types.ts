import type { z } from "@hono/zod-openapi";
import { eventJsonSchemas } from "../../webhooks/event-schemas.ts";
import type { WebhookEventTypes } from "./schemas.ts";

let made: z.input<typeof WebhookEventTypes> | undefined;

/** Made at the first request of an isolate: the list is closed, so it is the same for everyone. */
export const listEventTypes = (): z.input<typeof WebhookEventTypes> =>
  (made ??= { items: eventJsonSchemas().map(({ type, schema }) => ({ type, schema: { ...schema } })) });
