import { bigint, pgTable, primaryKey, text, timestamp, unique } from "drizzle-orm/pg-core";
import type { Action } from "../../audit/actions.ts";

/** Sequence, actor, request and time are set by the database (app.number_event), whatever is sent. */
export const auditEvents = pgTable(
  "audit_events",
  {
    orgId: text().notNull(),
    seq: bigint({ mode: "number" }).notNull().default(0),
    id: text().notNull(),
    actor: text().notNull().default(""),
    requestId: text().notNull().default(""),
    action: text().$type<Action>().notNull(),
    resource: text().notNull(),
    /** The digest of what changed. */
    change: text().notNull(),
    /** A salted commitment to personal data that stands elsewhere, erasable; part of the log's leaf. */
    commitment: text(),
    at: timestamp({ withTimezone: true, precision: 3 }).notNull().defaultNow(),
    operation: text(),
    idempotencyKey: text(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.seq] }),
    unique("audit_events_id").on(table.orgId, table.id),
    unique("audit_events_idempotency").on(table.orgId, table.actor, table.operation, table.idempotencyKey),
  ],
);
