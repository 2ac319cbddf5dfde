import type { ProviderContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { rememberEvent, type Outcome } from "../provider-events/index.ts";
import { readStripeEvent } from "./stripe-event.ts";
import { takeWord } from "./take-word.ts";
import { readWhopEvent } from "./whop-event.ts";

/** What Whop tells of memberships and their payments, brought about once. */
export async function handleWhopEvent(context: ProviderContext): Promise<Outcome> {
  const { whop } = context.env.providers;
  if (whop === undefined) throw problem("not_configured", "no plans of Whop");
  const { event, telling } = await readWhopEvent(context.delivery, whop.plans);
  return telling === undefined ? rememberEvent(context, undefined, event, "ignored") : takeWord(context, telling);
}

/** What Stripe tells of the subscriptions that an administrator has linked, brought about once. */
export async function handleStripeEvent(context: ProviderContext): Promise<Outcome> {
  const { stripe } = context.env.providers;
  if (stripe === undefined) throw problem("not_configured", "no plans of Stripe");
  const { event, telling } = readStripeEvent(context.delivery, stripe.plans);
  return telling === undefined ? rememberEvent(context, undefined, event, "ignored") : takeWord(context, telling);
}
