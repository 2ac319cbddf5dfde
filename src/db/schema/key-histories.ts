import { integer, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";

/** Every key history that the offline root key signed; the one with the highest number holds. Rows of the platform's organization, read through app.key_history(). */
export const keyHistories = pgTable(
  "key_histories",
  {
    orgId: text().notNull(),
    number: integer().notNull(),
    /** Compact JWS (crypto/statement/key-history.ts). */
    signed: text().notNull(),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.number] })],
);
