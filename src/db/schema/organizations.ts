import { integer, pgTable, text, timestamp } from "drizzle-orm/pg-core";
import type { Plan } from "../../access/plans.ts";

export const organizations = pgTable("organizations", {
  id: text().primaryKey(),
  name: text().notNull(),
  /** What holds now: the best of what was granted and what is paid for. */
  plan: text().$type<Plan>().notNull(),
  /** What holds without a subscription: the administrator sets it. */
  grantedPlan: text().$type<Plan>().notNull().default("free"),
  /** When `plan` last changed. */
  planSince: timestamp({ withTimezone: true, precision: 3 }).notNull().defaultNow(),
  /** Counts what changed the subscriptions or the grant, so that two changes at once do not each miss the other. */
  planRevision: integer().notNull().default(1),
  /** The organization that has the same owner, as the administrator says; over all steps it names the group. Null: it stands by itself. */
  ownerGroup: text(),
  environment: text().$type<"live" | "test">().notNull(),
  /** The organization's AES-256 data key, wrapped by a key of ENCRYPTION_KEYS (crypto/sealed-box.ts). */
  wrappedDataKey: text().notNull(),
  createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull().defaultNow(),
});
