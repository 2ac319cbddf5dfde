import { askGate } from "../../access/admit.ts";
import { plans } from "../../access/plans.ts";
import { requireWholeOrganization } from "../../access/principal.ts";
import type { ReadContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import type { BillingView } from "./schemas.ts";
import { selectAccount, selectSubscriptions, type SubscriptionRow } from "./store.ts";
import { planOf, standingOf } from "./subscription.ts";

const shownDays = 30;

/** The plan, why it is that one, what it allows, and what was used. */
export async function readBilling(context: ReadContext): Promise<BillingView> {
  requireWholeOrganization(context.principal);
  const [[[account], rows], usage] = await Promise.all([
    context.tenant.read((db) => [selectAccount(db), selectSubscriptions(db)]),
    askGate(context.env, context.tenant.orgId, (gate) => gate.usage(shownDays)),
  ]);
  if (account === undefined) throw problem("not_found", "no such organization");
  const { plan, planSince, grantedPlan } = account;
  return {
    plan,
    since: planSince.toISOString(),
    source: planOf(grantedPlan, rows).source,
    // One that nobody said to run is not one yet.
    subscriptions: rows.filter(({ liveAt }) => liveAt !== null).map((row) => toSubscription(row, context.now)),
    limits: plans[plan],
    usage,
  };
}

function toSubscription(row: SubscriptionRow, now: Date): BillingView["subscriptions"][number] {
  const { status, graceUntil } = standingOf(row, now);
  const { id, provider, plan, legacy, createdAt } = row;
  return { id, provider, plan, status, graceUntil: graceUntil?.toISOString() ?? null, legacy, createdAt: createdAt.toISOString() };
}
