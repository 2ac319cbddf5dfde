import { index, integer, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";

/** The sealed answer of a change that was asked for with an Idempotency-Key, written in that change's transaction. */
export const idempotentAnswers = pgTable(
  "idempotent_answers",
  {
    orgId: text().notNull(),
    actor: text().notNull(),
    operation: text().notNull(),
    idempotencyKey: text().notNull(),
    fingerprint: text().notNull(),
    status: integer().notNull(),
    sealedBody: text().notNull(),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ name: "idempotent_answers_pkey", columns: [table.orgId, table.actor, table.operation, table.idempotencyKey] }),
    index("idempotent_answers_age").on(table.createdAt),
  ],
);
