import { foreignKey, index, integer, jsonb, pgTable, primaryKey, text, timestamp, unique, uniqueIndex } from "drizzle-orm/pg-core";
import { sql } from "drizzle-orm";
import type { Budget } from "../../grants/budget.ts";
import type { GrantBasis } from "../../grants/mode.ts";
import { agents } from "./agents.ts";
import { capabilities } from "./capabilities.ts";
import { policies } from "./policies.ts";

/** One agent may use one capability, under one policy and within a budget. */
export const grants = pgTable(
  "grants",
  {
    orgId: text().notNull(),
    id: text().notNull(),
    agentId: text().notNull(),
    capabilityId: text().notNull(),
    policyId: text().notNull(),
    /** What the agent's MCP client calls it by. */
    toolName: text().notNull(),
    budget: jsonb().$type<Budget>().notNull(),
    /** Invocations in any rolling 60 s. */
    ratePerMinute: integer().notNull(),
    expiresAt: timestamp({ withTimezone: true, precision: 3 }),
    status: text().$type<"active" | "revoked">().notNull(),
    /**
     * The digest of what it was promoted for (grants/mode.ts): versions of agent, pacts, policy and capability. It is in production while that
     * is still so, and in simulation else. Null: never promoted, or demoted.
     */
    promotedFor: text(),
    /** What that is the digest of: so it can be said what changed since. */
    promotedBasis: jsonb().$type<GrantBasis>(),
    promotedAt: timestamp({ withTimezone: true, precision: 3 }),
    createdBy: text().notNull(),
    revision: integer().notNull(),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    updatedAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.id] }),
    unique("grants_of").on(table.orgId, table.id, table.agentId),
    uniqueIndex("grants_tool")
      .on(table.orgId, table.agentId, table.toolName)
      .where(sql`status = 'active'`),
    index("grants_page").on(table.orgId, table.createdAt, table.id),
    index("grants_agent").on(table.orgId, table.agentId, table.createdAt, table.id),
    index("grants_capability").on(table.orgId, table.capabilityId),
    index("grants_policy").on(table.orgId, table.policyId),
    foreignKey({ columns: [table.orgId, table.agentId], foreignColumns: [agents.orgId, agents.id] }),
    foreignKey({ columns: [table.orgId, table.capabilityId], foreignColumns: [capabilities.orgId, capabilities.id] }),
    foreignKey({
      columns: [table.orgId, table.policyId, table.capabilityId],
      foreignColumns: [policies.orgId, policies.id, policies.capabilityId],
    }),
  ],
);
