import { z } from "@hono/zod-openapi";
import { newCheckoutReference } from "../../access/checkout-reference.ts";
import { betterPlan, type Plan } from "../../access/plans.ts";
import { requirePerson } from "../../access/principal.ts";
import type { Environment } from "../../env.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { callService } from "../../platform/service-call.ts";
import type { CheckoutView } from "./schemas.ts";
import { selectAccount, selectSubscriptions } from "./store.ts";
import { planOf, standingOf } from "./subscription.ts";
import { referenceName } from "./whop-event.ts";

const timeoutMs = 10_000;
/** The version of Whop's API whose shapes are read here: that of @whop/sdk 0.0.42. */
const apiVersion = "2026-07-20";

const Made = z.object({ purchase_url: z.url({ protocol: /^https$/ }) });

/**
 * A link with which somebody pays Whop for a plan. Its metadata holds a reference that only we can make, so that what is bought changes the
 * plan of this organization and of no other.
 */
export async function createCheckout(context: WriteContext<"checkout.created">, plan: Exclude<Plan, "free">): Promise<CheckoutView> {
  const { env, tenant, now } = context;
  requirePerson(context.principal);
  const { apiUrl, apiKey, planId } = requireSeller(env, plan);
  const [[account], rows] = await tenant.read((db) => [selectAccount(db), selectSubscriptions(db)]);
  const paid = rows.map((row) => ({ ...row, ...standingOf(row, now) })).filter(({ status }) => status === "active");
  if (account === undefined || holds(planOf(account.grantedPlan, paid).plan, plan)) throw problem("state_conflict", "the plan is in force");

  const { checkoutId, reference } = await newCheckoutReference(env, tenant.orgId);
  const asked = { plan_id: planId, mode: "payment", metadata: { [referenceName]: reference } };
  const headers = { "api-version-date": apiVersion };
  const answer = await callService({ url: `${apiUrl}/api/v1/checkout_configurations`, token: apiKey, headers, timeoutMs }, asked);
  if (!answer.ok) throw problem("unavailable", `whop: ${answer.reason}`);
  const made = Made.safeParse(answer.json);
  if (answer.status >= 300 || !made.success) throw problem("unavailable", `whop: status ${answer.status}`);
  const view: CheckoutView = { id: checkoutId, plan, url: made.data.purchase_url };
  await tenant.write({ action: "checkout.created", resource: checkoutId, change: { plan, planId }, answer: view }, () => []);
  return view;
}

const holds = (current: Plan, wanted: Plan): boolean => betterPlan(current, wanted) === current;

/** Where several of Whop's plans are ours, the first one that the settings name is sold. */
function requireSeller({ providers: { whop } }: Environment, plan: Plan): { apiUrl: string; apiKey: string; planId: string } {
  const planId = Object.entries(whop?.plans ?? {}).find(([, sold]) => sold === plan)?.[0];
  if (whop?.apiKey === undefined || planId === undefined) throw problem("not_configured", "WHOP_API_KEY, or a plan in WHOP_PLANS");
  return { apiUrl: whop.apiUrl, apiKey: whop.apiKey, planId };
}
