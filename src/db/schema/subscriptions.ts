import { sql } from "drizzle-orm";
import { boolean, index, pgTable, primaryKey, text, timestamp, unique } from "drizzle-orm/pg-core";
import type { Plan } from "../../access/plans.ts";

const moment = () => timestamp({ withTimezone: true, precision: 3 });

/** What an organization pays for, as its provider tells it. Each of the provider's words is kept with the time that it is of (features/billing/subscription.ts). */
export const subscriptions = pgTable(
  "subscriptions",
  {
    orgId: text().notNull(),
    id: text().notNull(),
    provider: text().$type<"whop" | "stripe">().notNull(),
    /** The provider's own name of it. */
    externalId: text().notNull(),
    plan: text().$type<Plan>().notNull(),
    planToldAt: moment(),
    liveAt: moment(),
    endedAt: moment(),
    paidAt: moment(),
    failedAt: moment(),
    failingSince: moment(),
    /** What follows from the times, as it was when this row was written. */
    status: text().$type<"active" | "grace" | "ended">().notNull(),
    graceUntil: moment(),
    /** Sold by a provider that sells nothing new any more. */
    legacy: boolean().notNull(),
    createdAt: moment().notNull(),
    updatedAt: moment().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.id] }),
    unique("subscriptions_external").on(table.provider, table.externalId),
    index("subscriptions_lapsing")
      .on(table.graceUntil)
      .where(sql`status = 'grace'`),
  ],
);
