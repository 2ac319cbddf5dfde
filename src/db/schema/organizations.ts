import { pgTable, text, timestamp } from "drizzle-orm/pg-core";
import type { Plan } from "../../access/plans.ts";

export const organizations = pgTable("organizations", {
  id: text().primaryKey(),
  name: text().notNull(),
  plan: text().$type<Plan>().notNull(),
  environment: text().$type<"live" | "test">().notNull(),
  /** The organization's AES-256 data key, wrapped by a key of ENCRYPTION_KEYS (crypto/sealed-box.ts). */
  wrappedDataKey: text().notNull(),
  createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull().defaultNow(),
});
