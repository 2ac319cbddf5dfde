import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { ApiClient } from "../api-client.ts";
import type { Progress } from "./state.ts";
import type { Delivery, WebhookReceiver } from "./webhook-receiver.ts";

const Made = z.object({ id: z.string(), secret: z.string() });
const Listed = z.object({ items: z.array(z.object({ id: z.string(), description: z.string().nullable() })) });
const anything = z.looseObject({});

const description = "Quickstart";
const patienceMs = 20_000;

/** Registers the receiver, or tells the endpoint that there is where it listens now. The secret is shown once, so it is kept. */
export async function listen(api: ApiClient, receiver: WebhookReceiver, { state, note }: Progress): Promise<void> {
  const known = state.webhook;
  if (known !== undefined) {
    receiver.trust(known.secret);
    await api.call("PATCH", `/v1/webhook-endpoints/${known.endpointId}`, anything, { url: receiver.url });
    return;
  }
  // One that an earlier start made and could not note any more: nobody has its secret.
  const { items } = await api.call("GET", "/v1/webhook-endpoints?limit=100", Listed);
  for (const { id } of items.filter((one) => one.description === description))
    await api.call("DELETE", `/v1/webhook-endpoints/${id}`, anything);
  const wanted = { url: receiver.url, description, eventTypes: ["score.changed"] };
  const { id: endpointId, secret } = await api.call("POST", "/v1/webhook-endpoints", Made, wanted);
  await note({ webhook: { endpointId, secret } });
  receiver.trust(secret);
}

type Ground = { readonly api: ApiClient; readonly say: (line: string) => void };

/** Shows a signed delivery: of the score that the evals changed; once that was shown, of a test event. */
export async function showDelivery({ api, say }: Ground, receiver: WebhookReceiver, { state, note }: Progress): Promise<void> {
  if (state.webhook === undefined) return;
  const type = state.told === true ? "webhook.test" : "score.changed";
  if (type === "webhook.test") await api.call("POST", `/v1/webhook-endpoints/${state.webhook.endpointId}/test`, anything);
  const delivery = await waitFor(receiver, type);
  await note({ told: true });
  if (delivery === undefined) return say(`No webhook of ${type} has come to ${receiver.url} yet.\n`);
  say(`A webhook came to ${receiver.url}: ${type}, ${delivery.id}. Its signature verifies (Standard Webhooks).\n`);
}

/** The newest of its type. */
async function waitFor(receiver: WebhookReceiver, type: string): Promise<Delivery | undefined> {
  const givesUpAt = performance.now() + patienceMs;
  for (;;) {
    const found = receiver.deliveries().findLast((delivery) => delivery.type === type);
    if (found !== undefined || performance.now() > givesUpAt) return found;
    await sleep(100);
  }
}
