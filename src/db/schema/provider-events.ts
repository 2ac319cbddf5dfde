import { index, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { Provider } from "../../providers/provider.ts";

/** What a provider told, once for each organization that it concerned. The platform's hold what concerned nobody here, and what is gone. */
export const providerEvents = pgTable(
  "provider_events",
  {
    orgId: text().notNull(),
    provider: text().$type<Provider>().notNull(),
    /** The provider's own name of the event: a second one with it changes nothing. */
    eventId: text().notNull(),
    type: text().notNull(),
    /** The provider's name of what it told of (`user_…`, `org_…`), where that matters later. */
    subject: text(),
    outcome: text().$type<"handled" | "ignored" | "stale">().notNull(),
    occurredAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    receivedAt: timestamp({ withTimezone: true, precision: 3 }).notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ name: "provider_events_pkey", columns: [table.orgId, table.provider, table.eventId] }),
    index("provider_events_subject").on(table.orgId, table.provider, table.subject, table.type),
  ],
);
