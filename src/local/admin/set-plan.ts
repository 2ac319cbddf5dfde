import { and, eq } from "drizzle-orm";
import { z } from "zod";
import { planNames, type Plan } from "../../access/plans.ts";
import { organizations } from "../../db/schema/organizations.ts";
import { subscriptions } from "../../db/schema/subscriptions.ts";
import { planOf } from "../../features/billing/subscription.ts";
import { currentTime } from "../../platform/clock.ts";
import { PlainFailure } from "../plain-failure.ts";
import { actOnOrganization, build, look, toStatement, type RunAsAdmin } from "./act.ts";

const PlanName = z.enum(planNames);
const Found = z.tuple([z.tuple([PlanName, z.coerce.number()])]);
const Subscriptions = z.array(
  z.tuple([z.string(), PlanName, z.enum(["active", "grace", "ended"])]).transform(([id, plan, status]) => ({ id, plan, status })),
);

/** Sets what plan an organization has without a subscription, and returns the one that it has now: a better one that is paid for stays. */
export async function setPlan(run: RunAsAdmin, orgId: string, granted: Plan): Promise<Plan> {
  const account = build
    .select({ plan: organizations.plan, revision: organizations.planRevision })
    .from(organizations)
    .where(eq(organizations.id, orgId));
  const found = Found.safeParse(await look(run, orgId, toStatement(account)));
  if (!found.success) throw new PlainFailure(`There is no organization ${orgId}.`);
  const [[before, revision]] = found.data;
  const paid = build
    .select({ id: subscriptions.id, plan: subscriptions.plan, status: subscriptions.status })
    .from(subscriptions)
    .where(eq(subscriptions.orgId, orgId));
  const { plan, source } = planOf(granted, Subscriptions.parse(await look(run, orgId, toStatement(paid))));
  const change = build
    .update(organizations)
    .set({ grantedPlan: granted, plan, ...(plan === before ? {} : { planSince: currentTime() }), planRevision: revision + 1 })
    .where(and(eq(organizations.id, orgId), eq(organizations.planRevision, revision)));
  await actOnOrganization(
    run,
    orgId,
    { action: "plan.changed", resource: orgId, change: { from: before, to: plan, granted, source } },
    { afterEvent: [toStatement(change)] },
  );
  return plan;
}
