import { index, integer, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";

export const securityEventKinds = [
  "credential_refused",
  "scope_denied",
  "address_denied",
  "rate_limited",
  "audit_exported",
  "transcript_exported",
  "sealed_credential_used",
  "log_stopped",
] as const;
export type SecurityEventKind = (typeof securityEventKinds)[number];

/** What happened around access, summed per credential and minute so that an attacker cannot fill the disk. */
export const securityEvents = pgTable(
  "security_events",
  {
    orgId: text().notNull(),
    id: text().notNull(),
    kind: text().$type<SecurityEventKind>().notNull(),
    credential: text().notNull(),
    minute: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    count: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.id] }), index("security_events_page").on(table.orgId, table.minute, table.id)],
);
