import { z } from "@hono/zod-openapi";
import { betterPlan, type Plan } from "../../access/plans.ts";
import type { ProviderDelivery } from "../../http/operation.ts";
import { parseJson } from "../../http/read-body.ts";
import { readEvent, type ProviderEvent } from "../provider-events/index.ts";
import { EventText, Named } from "./event-text.ts";
import type { Word } from "./subscription.ts";
import type { Telling } from "./take-word.ts";

// Stripe's events, as the types of its own package describe them. Where an older API version of a contract's endpoint puts the same elsewhere,
// that is read too. Whatever else they hold is passed over.

const latestSeconds = 253_402_300_799;
const Envelope = z.object({
  id: EventText,
  type: EventText,
  /** Seconds since 1970. */
  created: z
    .int()
    .positive()
    .max(latestSeconds)
    .transform((seconds) => new Date(seconds * 1000)),
  data: z.object({ object: z.unknown() }),
});

const Item = z.object({ price: Named.nullish(), plan: Named.nullish() });
const Subscription = z.object({ id: EventText, status: EventText, items: z.object({ data: z.array(Item) }).nullish() });
const SubscriptionName = z.union([EventText, Named.transform(({ id }) => id)]).nullish();
const Invoice = z.object({
  parent: z.object({ subscription_details: z.object({ subscription: SubscriptionName }).nullish() }).nullish(),
  subscription: SubscriptionName,
});

type Read = { readonly event: ProviderEvent & { readonly provider: "stripe" }; readonly telling: Telling | undefined };
type Plans = Readonly<Record<string, Plan>>;

/**
 * What Stripe tells of subscriptions that there are; without a `telling` for everything else, new checkouts and subscriptions included: nothing
 * new is sold through it. Throws invalid_request for what has not Stripe's form.
 */
export function readStripeEvent({ body }: ProviderDelivery, plans: Plans): Read {
  const { id: eventId, type, created: at, data } = readEvent(Envelope, parseJson(body));
  const event = { provider: "stripe", eventId, type, occurredAt: at } as const;
  const said = readObject(type, data.object, plans);
  return { event, telling: said === undefined ? undefined : { event, externalId: said.externalId, word: { ...said.word, at } } };
}

type Said = { readonly externalId: string; readonly word: Omit<Word, "at"> };

function readObject(type: string, object: unknown, plans: Plans): Said | undefined {
  switch (type) {
    case "customer.subscription.updated":
      return ofSubscription(object, plans, says);
    case "customer.subscription.deleted":
      return ofSubscription(object, plans, () => "ended");
    case "invoice.paid":
      return ofInvoice(object, "paid");
    case "invoice.payment_failed":
      return ofInvoice(object, "failed");
    default:
      return undefined;
  }
}

/** What a status means. One that we do not know gives nobody a plan. */
function says(status: string): Word["says"] {
  if (status === "active" || status === "trialing") return "live";
  return status === "past_due" || status === "unpaid" ? "failed" : "ended";
}

/** A subscription to several things is to the best plan among them. */
function ofSubscription(object: unknown, plans: Plans, meaning: (status: string) => Word["says"]): Said {
  const { id, status, items } = readEvent(Subscription, object);
  const names = (items?.data ?? []).map(({ price, plan }) => price?.id ?? plan?.id ?? "");
  const bought = names.map((name) => (Object.hasOwn(plans, name) ? plans[name] : undefined)).filter((plan) => plan !== undefined);
  const plan = bought.reduce<Plan | undefined>((best, one) => (best === undefined ? one : betterPlan(best, one)), undefined);
  return { externalId: id, word: { says: meaning(status), plan } };
}

/** An invoice for something else than a subscription changes no plan. */
function ofInvoice(object: unknown, meaning: Word["says"]): Said | undefined {
  const { parent, subscription } = readEvent(Invoice, object);
  const externalId = parent?.subscription_details?.subscription ?? subscription ?? undefined;
  return externalId === undefined ? undefined : { externalId, word: { says: meaning } };
}
