import { and, asc, eq } from "drizzle-orm";
import type { Plan } from "../../access/plans.ts";
import { providerLinks } from "../../db/schema/members.ts";
import { organizations } from "../../db/schema/organizations.ts";
import { subscriptions } from "../../db/schema/subscriptions.ts";
import { notices } from "../../db/schema/webhooks.ts";
import type { ScopedDb } from "../../db/tenant-db.ts";

export type SubscriptionRow = Omit<typeof subscriptions.$inferSelect, "orgId">;

/** What decides an organization's plan, besides its subscriptions. */
export const selectAccount = ({ orm, orgId }: ScopedDb) =>
  orm
    .select({
      plan: organizations.plan,
      grantedPlan: organizations.grantedPlan,
      planSince: organizations.planSince,
      planRevision: organizations.planRevision,
    })
    .from(organizations)
    .where(eq(organizations.id, orgId));

/** All of them: they are few. The oldest first. */
export const selectSubscriptions = ({ orm, orgId }: ScopedDb) =>
  orm.select().from(subscriptions).where(eq(subscriptions.orgId, orgId)).orderBy(asc(subscriptions.createdAt), asc(subscriptions.id));

export const insertSubscription = ({ orm, orgId }: ScopedDb, row: SubscriptionRow) => orm.insert(subscriptions).values({ ...row, orgId });

/** Whose it is, and with whom, stays. updatePlan beside it sees to it that it is as it was read. */
export const updateSubscription = ({ orm, orgId }: ScopedDb, row: SubscriptionRow) => {
  const { plan, planToldAt, liveAt, endedAt, paidAt, failedAt, failingSince, status, graceUntil, updatedAt } = row;
  return orm
    .update(subscriptions)
    .set({ plan, planToldAt, liveAt, endedAt, paidAt, failedAt, failingSince, status, graceUntil, updatedAt })
    .where(and(eq(subscriptions.orgId, orgId), eq(subscriptions.id, row.id)));
};

/** Matches only while neither the grant nor a subscription has changed since it was read; counts on, also where the plan stays. */
export const updatePlan = ({ orm, orgId }: ScopedDb, revision: number, change: { plan: Plan; planSince: Date } | undefined) =>
  orm
    .update(organizations)
    .set({ ...change, planRevision: revision + 1 })
    .where(and(eq(organizations.id, orgId), eq(organizations.planRevision, revision)));

/** A subscription belongs to one organization, for good. */
export const insertLink = ({ orm, orgId }: ScopedDb, row: { provider: "whop" | "stripe"; externalId: string; createdAt: Date }) =>
  orm.insert(providerLinks).values({ ...row, orgId });

export const insertNotice = ({ orm, orgId }: ScopedDb, row: Omit<typeof notices.$inferInsert, "orgId">) =>
  orm.insert(notices).values({ ...row, orgId });
