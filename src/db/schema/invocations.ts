import { bigint, foreignKey, index, integer, jsonb, pgTable, primaryKey, real, text, timestamp } from "drizzle-orm/pg-core";
import { sql } from "drizzle-orm";
import type { InvocationEffect, InvocationStatus, JudgedCondition, ReviewVerdict } from "../../grants/invocation.ts";
import type { GrantMode } from "../../grants/mode.ts";
import type { DecisionReason, PolicyEffect } from "../../policies/decision.ts";
import { grants } from "./grants.ts";
import { receipts } from "./receipts.ts";

/** Every use of a grant that was decided, whatever was decided. */
export const invocations = pgTable(
  "invocations",
  {
    orgId: text().notNull(),
    id: text().notNull(),
    grantId: text().notNull(),
    agentId: text().notNull(),
    capabilityId: text().notNull(),
    /** In `simulation` nothing was sent. */
    mode: text().$type<GrantMode>().notNull(),
    decision: text().$type<PolicyEffect>().notNull(),
    reasons: jsonb().$type<readonly DecisionReason[]>().notNull(),
    /** Of the rules that decided. */
    ruleIds: jsonb().$type<readonly string[]>().notNull(),
    /** What the agent's active pacts say of its arguments: evidence of the agent's score. */
    pactChecks: jsonb().$type<readonly JudgedCondition[]>().notNull().default([]),
    status: text().$type<InvocationStatus>().notNull(),
    /** What is known of the effect upstream; null where nothing was sent. */
    effect: text().$type<InvocationEffect>(),
    /** What it was promoted for, or would have had to be: the same digest as in grants.promotedFor. */
    basis: text().notNull(),
    policyId: text().notNull(),
    policyVersion: integer().notNull(),
    /** SHA-256 of the canonical JSON of `{arguments}`: of one grant, the same digest is the same request. */
    requestDigest: text().notNull(),
    /** The same of all that an approval is bound to: action, arguments, agent version, policy version and grant. */
    actionDigest: text().notNull(),
    approvalId: text(),
    receiptId: text().notNull(),
    costMicros: bigint({ mode: "number" }).notNull(),
    /** The largest used share of any of the grant's limits, 0 to 1, with this invocation. */
    budgetShare: real().notNull(),
    upstreamStatus: integer(),
    latencyMs: integer(),
    /** What was decided over, sealed: arguments and facts, for reviews and for trying other policies on. */
    sealedInput: text().notNull(),
    reviewVerdict: text().$type<ReviewVerdict>(),
    reviewedBy: text(),
    reviewedAt: timestamp({ withTimezone: true, precision: 3 }),
    /** Who settled an effect that was unknown. */
    settledBy: text(),
    settledAt: timestamp({ withTimezone: true, precision: 3 }),
    /** Set where the effect has become evidence of the agent's score. */
    countedAt: timestamp({ withTimezone: true, precision: 3 }),
    revision: integer().notNull(),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.id] }),
    index("invocations_page").on(table.orgId, table.createdAt, table.id),
    index("invocations_grant").on(table.orgId, table.grantId, table.createdAt, table.id),
    index("invocations_agent").on(table.orgId, table.agentId, table.createdAt, table.id),
    index("invocations_policy").on(table.orgId, table.policyId, table.createdAt, table.id),
    index("invocations_simulated")
      .on(table.orgId, table.grantId, table.createdAt, table.id)
      .where(sql`status = 'simulated'`),
    index("invocations_reviewed")
      .on(table.orgId, table.grantId)
      .where(sql`review_verdict is not null`),
    index("invocations_receipt").on(table.orgId, table.receiptId),
    // What needs an operator, of each grant: few rows of many.
    index("invocations_exceptional")
      .on(table.orgId, table.grantId, table.status, table.createdAt, table.id)
      .where(sql`status in ('denied', 'failed', 'unknown')`),
    index("invocations_near_budget")
      .on(table.orgId, table.grantId, table.createdAt, table.id)
      .where(sql`budget_share >= 0.8`),
    foreignKey({ columns: [table.orgId, table.grantId, table.agentId], foreignColumns: [grants.orgId, grants.id, grants.agentId] }),
    foreignKey({ columns: [table.orgId, table.receiptId], foreignColumns: [receipts.orgId, receipts.id] }),
  ],
);
