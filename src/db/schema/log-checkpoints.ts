import { bigint, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";

/** What an organization's log has signed, never changed: written by the log's object alone, beside the events and without one of its own. */
export const logCheckpoints = pgTable(
  "log_checkpoints",
  {
    orgId: text().notNull(),
    /** Leaves, and so the sequence number of the last event that it covers. */
    size: bigint({ mode: "number" }).notNull(),
    /** Base64. */
    root: text().notNull(),
    /** The key that signed it (RFC 7638 thumbprint). */
    kid: text().notNull(),
    /** The signed note (C2SP signed-note), with the log's own signature alone. */
    note: text().notNull(),
    signedAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.size] })],
);
