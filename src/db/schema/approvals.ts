import { boolean, foreignKey, index, integer, pgTable, primaryKey, text, timestamp, uniqueIndex } from "drizzle-orm/pg-core";
import { sql } from "drizzle-orm";
import type { ApprovalEffect, ApprovalStatus } from "../../grants/approval.ts";
import { grants } from "./grants.ts";

/** One action of one agent that waits for a person's decision, bound to exactly that action. */
export const approvals = pgTable(
  "approvals",
  {
    orgId: text().notNull(),
    id: text().notNull(),
    grantId: text().notNull(),
    agentId: text().notNull(),
    /** The invocation that asked for it. */
    invocationId: text().notNull(),
    /** The key that asked, as the audit log names it. */
    requestedBy: text().notNull(),
    status: text().$type<ApprovalStatus>().notNull(),
    requestDigest: text().notNull(),
    /** What it is bound to: invocations.actionDigest. */
    actionDigest: text().notNull(),
    /** The text that the person decides on, sealed, and the SHA-256 of its bytes. */
    sealedPreview: text().notNull(),
    previewDigest: text().notNull(),
    /** Whether somebody else must approve it than the people behind the agent, its key and its grant. */
    fourEyes: boolean().notNull(),
    expiresAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    decidedBy: text(),
    decidedAt: timestamp({ withTimezone: true, precision: 3 }),
    /** What the person who decided wrote to it, sealed. */
    sealedNote: text(),
    /** Why it was invalidated, in one word; null else. */
    reason: text(),
    /** The invocation that used it up. */
    consumedBy: text(),
    consumedAt: timestamp({ withTimezone: true, precision: 3 }),
    effect: text().$type<ApprovalEffect>(),
    revision: integer().notNull(),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    updatedAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.id] }),
    index("approvals_page").on(table.orgId, table.createdAt, table.id),
    // One request waits once, however often it is repeated.
    uniqueIndex("approvals_open")
      .on(table.orgId, table.grantId, table.actionDigest)
      .where(sql`status in ('proposed', 'pending', 'approved')`),
    index("approvals_due")
      .on(table.expiresAt)
      .where(sql`status in ('proposed', 'pending', 'approved')`),
    index("approvals_waiting")
      .on(table.orgId, table.grantId, table.createdAt, table.id)
      .where(sql`status in ('proposed', 'pending')`),
    foreignKey({ columns: [table.orgId, table.grantId, table.agentId], foreignColumns: [grants.orgId, grants.id, grants.agentId] }),
  ],
);
