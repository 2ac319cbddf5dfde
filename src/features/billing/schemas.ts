import { z } from "@hono/zod-openapi";
import { paidPlans, planNames, plans } from "../../access/plans.ts";

const Time = z.iso.datetime();
const Count = z.int().min(0);

const Subscription = z
  .object({
    id: z.string(),
    provider: z.enum(["whop", "stripe"]),
    plan: z.enum(planNames),
    status: z
      .enum(["active", "grace", "ended"])
      .openapi({ description: "`grace`: a payment failed, and the plan holds until `graceUntil`." }),
    graceUntil: Time.nullable(),
    legacy: z.boolean().openapi({ description: "Of a provider that sells nothing new any more: it holds for as long as it is paid." }),
    createdAt: Time,
  })
  .openapi("Subscription");

const Limits = z.object(
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the names are those of the one table
  Object.fromEntries(Object.keys(plans.free).map((name) => [name, Count])) as Record<keyof (typeof plans)["free"], typeof Count>,
);

export const Billing = z
  .object({
    plan: z.enum(planNames),
    since: Time,
    source: z
      .discriminatedUnion("kind", [
        z.object({ kind: z.literal("granted") }),
        z.object({ kind: z.literal("subscription"), subscriptionId: z.string() }),
      ])
      .openapi({ description: "Why it is this plan: a subscription, or what holds without one." }),
    subscriptions: z.array(Subscription),
    limits: Limits.openapi({ description: "What the plan allows. Who has more of something keeps it and can add nothing." }),
    usage: z.array(z.object({ day: z.iso.date(), accepted: Count, refused: Count })).openapi({
      description:
        "Requests by day (UTC) of the last 30 days, the newest first; days without any are left out. A few seconds of it may be missing.",
    }),
  })
  .openapi("Billing");
export type BillingView = z.input<typeof Billing>;

export const CheckoutBody = z.strictObject({ plan: z.enum(paidPlans) }).openapi("CreateCheckout");
export const Checkout = z
  .object({
    id: z.string(),
    plan: z.enum(paidPlans),
    url: z.url({ protocol: /^https$/ }).openapi({ description: "Where somebody pays. The plan changes once the seller has told of it." }),
  })
  .openapi("Checkout");
export type CheckoutView = z.input<typeof Checkout>;
