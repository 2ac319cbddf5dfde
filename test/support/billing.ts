import { Stripe } from "stripe";
import { Webhook } from "standardwebhooks";
import { requireEnvironment, type Environment } from "../../src/env.ts";
import { env as bindings } from "cloudflare:workers";
import { newCheckoutReference } from "../../src/access/checkout-reference.ts";
import { callApi, type Answer } from "./organization.ts";
import { newest, providerSettings } from "./provider-settings.ts";

/** The tests' Worker's own settings. */
export const ownEnvironment = (): Environment => requireEnvironment(bindings);

const address = (): Record<string, string> => {
  const [a, b] = crypto.getRandomValues(new Uint8Array(2));
  return { "cf-connecting-ip": `198.19.${a}.${b}` };
};

/** Whop's, signed by the library that it names. */
export async function tellWhop(payload: object, { id = `msg_${crypto.randomUUID()}` }: { id?: string } = {}): Promise<Answer> {
  const raw = JSON.stringify(payload);
  const at = new Date();
  const signature = new Webhook(newest(providerSettings.WHOP_WEBHOOK_SECRETS), { format: "raw" }).sign(id, at, raw);
  const headers = { "webhook-id": id, "webhook-timestamp": String(Math.floor(at.getTime() / 1000)), "webhook-signature": signature };
  return callApi("POST", "/webhooks/whop", raw, { ...address(), ...headers });
}

const stripe = new Stripe("sk_test_unused");

/** Stripe's, signed by its own package. */
export async function tellStripe(payload: object): Promise<Answer> {
  const raw = JSON.stringify(payload);
  const secret = newest(providerSettings.STRIPE_WEBHOOK_SECRETS);
  const header = await stripe.webhooks.generateTestHeaderStringAsync({ payload: raw, secret });
  return callApi("POST", "/webhooks/stripe", raw, { ...address(), "stripe-signature": header });
}

/** The metadata of a checkout that was made for an organization. */
export const metadataFor = async (orgId: string): Promise<{ armalo: string }> => ({
  armalo: (await newCheckoutReference(ownEnvironment(), orgId)).reference,
});

type Membership = { readonly id: string; readonly metadata?: object; readonly plan?: string; readonly status?: string; readonly at?: Date };

/** A membership's event as Whop sends it, with much that nobody here reads. */
export const ofMembership = (
  type: string,
  { id, metadata = {}, plan = "plan_whop_pro", status = "active", at = new Date() }: Membership,
) => ({
  id: `msg_${crypto.randomUUID()}`,
  api_version: "v1",
  type,
  timestamp: at.toISOString(),
  company_id: "biz_1",
  data: {
    id,
    status,
    metadata,
    plan: { id: plan, metadata: null },
    product: { id: "prod_1", title: "Armalo", metadata: null },
    user: { id: "user_1", name: "Ada Lovelace", username: "ada", email: "ada@example.com" },
    member: { id: "mber_1" },
    cancel_at_period_end: false,
    created_at: at.toISOString(),
    updated_at: at.toISOString(),
  },
});

/** A payment's. */
export const ofPayment = (type: string, { id, metadata = {}, plan = "plan_whop_pro", at = new Date() }: Membership) => ({
  id: `msg_${crypto.randomUUID()}`,
  api_version: "v1",
  type,
  timestamp: at.toISOString(),
  data: {
    id: `pay_${crypto.randomUUID()}`,
    status: type === "payment.failed" ? "open" : "paid",
    membership: { id, status: "active" },
    plan: { id: plan, metadata: null },
    metadata,
    user: { id: "user_1", name: "Ada Lovelace", username: "ada", email: "ada@example.com" },
    billing_address: { name: "Ada Lovelace", line1: "1 Street", country: "GB" },
    total: 49,
  },
});

export const newMembershipId = (): string => `mem_${crypto.randomUUID()}`;

type Subscription = { readonly id: string; readonly status?: string; readonly price?: string; readonly at?: Date };
const stripeEvent = (type: string, at: Date, object: object) => ({
  id: `evt_${crypto.randomUUID()}`,
  object: "event",
  api_version: "2026-10-28.endive",
  type,
  created: Math.floor(at.getTime() / 1000),
  livemode: true,
  data: { object },
});

export const ofSubscription = (type: string, { id, status = "active", price = "price_pro", at = new Date() }: Subscription) =>
  stripeEvent(type, at, {
    id,
    object: "subscription",
    status,
    customer: "cus_1",
    items: { object: "list", data: [{ id: "si_1", price: { id: price, object: "price" } }] },
  });

export const ofInvoice = (type: string, { id, at = new Date() }: Subscription) =>
  stripeEvent(type, at, {
    id: "in_1",
    object: "invoice",
    customer_email: "ada@example.com",
    parent: { type: "subscription_details", subscription_details: { subscription: id, metadata: {} } },
  });
