import { bigint, doublePrecision, foreignKey, index, pgTable, primaryKey, text, timestamp, unique } from "drizzle-orm/pg-core";
import { agents } from "./agents.ts";
import { receipts } from "./receipts.ts";

/**
 * What an organization says of another one's receipt that names it as the counterparty: its own row. What it says of the other side is set by
 * the database (app.take_receipt), whatever is sent. Never changed.
 */
export const ratings = pgTable(
  "ratings",
  {
    orgId: text().notNull(),
    id: text().notNull(),
    /** Whose receipt it is, and which. */
    receiptOrgId: text().notNull(),
    receiptId: text().notNull(),
    receiptDigest: text().notNull(),
    agentId: text().notNull().default(""),
    /** 0 to 1. */
    value: doublePrecision().notNull(),
    ratedBy: text().notNull(),
    /** Set by the database (app.stamp_event). */
    eventSeq: bigint({ mode: "number" }).notNull().default(0),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.id] }),
    // A receipt is rated once, whoever is first.
    unique("ratings_receipt").on(table.receiptOrgId, table.receiptId),
    index("ratings_page").on(table.orgId, table.createdAt, table.id),
    index("ratings_recent").on(table.createdAt),
  ],
);

/** The same where it was received: the row of the organization whose agent was rated, copied by the database (app.take_rating). Never changed. */
export const receiptRatings = pgTable(
  "receipt_ratings",
  {
    orgId: text().notNull(),
    /** The rating's. */
    id: text().notNull(),
    receiptId: text().notNull().default(""),
    agentId: text().notNull().default(""),
    raterOrgId: text().notNull().default(""),
    /** The rater's owner group as it was then: organizations of one group are one counterparty. */
    raterGroup: text().notNull().default(""),
    value: doublePrecision().notNull().default(0),
    ratedAt: timestamp({ withTimezone: true, precision: 3 }).notNull().defaultNow(),
    notedAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.id] }),
    unique("receipt_ratings_receipt").on(table.orgId, table.receiptId),
    foreignKey({ columns: [table.orgId, table.receiptId], foreignColumns: [receipts.orgId, receipts.id] }),
    foreignKey({ columns: [table.orgId, table.agentId], foreignColumns: [agents.orgId, agents.id] }),
  ],
);
