import { bigint, foreignKey, integer, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import { members } from "./members.ts";

/** What people did about a runtime exception. What there is to do is derived from other tables; without a row here nobody did anything yet. */
export const runtimeExceptions = pgTable(
  "runtime_exceptions",
  {
    orgId: text().notNull(),
    /** Derived from kind and subject (features/exceptions/exception-id.ts). */
    id: text().notNull(),
    /** What they last made of it; `resolved` holds until it occurs again. */
    state: text().$type<"open" | "acknowledged" | "resolved">().notNull(),
    /** An active member when it was assigned. */
    assigneeId: text(),
    acknowledgedBy: text(),
    acknowledgedAt: timestamp({ withTimezone: true, precision: 3 }),
    resolvedBy: text(),
    resolvedAt: timestamp({ withTimezone: true, precision: 3 }),
    /** The last event of the log when the resolver looked: what was logged behind it is a new occurrence, whatever clocks say. */
    resolvedSeq: bigint({ mode: "number" }),
    /** What the resolver said, and the salt of the log's commitment to it. */
    note: text(),
    noteSalt: text(),
    revision: integer().notNull(),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    updatedAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.id] }),
    foreignKey({ columns: [table.orgId, table.assigneeId], foreignColumns: [members.orgId, members.id] }),
  ],
);
