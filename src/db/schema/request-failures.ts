import { index, integer, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { ProblemCode } from "../../http/problem.ts";

/** Why a request of an authenticated caller failed, kept 30 days for whoever holds `audit:read`. */
export const requestFailures = pgTable(
  "request_failures",
  {
    orgId: text().notNull(),
    requestId: text().notNull(),
    operation: text().notNull(),
    actor: text().notNull(),
    status: integer().notNull(),
    code: text().$type<ProblemCode>().notNull(),
    blocker: text().notNull(),
    at: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.requestId] }), index("request_failures_age").on(table.at)],
);
