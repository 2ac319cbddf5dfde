import { defineOperation } from "../../http/define-operation.ts";
import { ProviderAnswer } from "../provider-events/index.ts";
import { createCheckout } from "./create-checkout.ts";
import { handleStripeEvent, handleWhopEvent } from "./handle-event.ts";
import { readBilling } from "./read-billing.ts";
import { Billing, Checkout, CheckoutBody } from "./schemas.ts";

const told = { method: "post", governance: "provider-event", request: {}, response: { status: 200, body: ProviderAnswer } } as const;

export const billingOperations = [
  defineOperation({
    id: "billing.get",
    method: "get",
    path: "/v1/billing",
    summary: "Read the plan, what it allows, and what was used",
    access: { mode: "tenant", scope: "billing:read" },
    governance: "tenant-read",
    request: {},
    response: { status: 200, body: Billing },
    handle: (context) => readBilling(context),
  }),
  defineOperation({
    id: "billing.create_checkout",
    method: "post",
    path: "/v1/billing/checkout",
    summary: "Make a link with which a plan is paid for",
    guide:
      "For a signed-in person: no API key can. The link is Whop's; the plan changes when Whop has told of the payment. 409 where the plan, or a better one, holds already; 503 `not_configured` where this installation sells none.",
    access: { mode: "operator", scope: "billing:write" },
    governance: "tenant-mutation",
    audit: "checkout.created",
    request: { body: CheckoutBody },
    response: { status: 201, body: Checkout },
    handle: ({ input, ...context }) => createCheckout(context, input.body.plan),
  }),
  defineOperation({
    ...told,
    id: "whop.webhook",
    path: "/webhooks/whop",
    summary: "What Whop tells of subscriptions",
    guide:
      "Signed with a secret of `WHOP_WEBHOOK_SECRETS`. `membership.activated`, `membership.deactivated`, `payment.succeeded` and `payment.failed` change the plan of the organization whose checkout it was, each once; everything else is recorded as ignored. The answer comes after the new plan decides requests.",
    access: { mode: "provider", provider: "whop" },
    handle: async (context) => ({ status: await handleWhopEvent(context) }),
  }),
  defineOperation({
    ...told,
    id: "stripe.webhook",
    path: "/webhooks/stripe",
    summary: "What Stripe tells of subscriptions from before",
    guide:
      "Signed with a secret of `STRIPE_WEBHOOK_SECRETS`. Only for subscriptions that the administrator has linked to an organization: `customer.subscription.updated`, `customer.subscription.deleted`, `invoice.paid` and `invoice.payment_failed`. New checkouts and subscriptions are recorded as ignored.",
    access: { mode: "provider", provider: "stripe" },
    handle: async (context) => ({ status: await handleStripeEvent(context) }),
  }),
];
