import { foreignKey, integer, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import { agents } from "./agents.ts";

/** Public keys with which agents sign what they want and what they ran; whoever registered one proved that the agent has it. */
export const agentKeys = pgTable(
  "agent_keys",
  {
    orgId: text().notNull(),
    agentId: text().notNull(),
    /** RFC 7638 thumbprint. */
    kid: text().notNull(),
    /** The JWK's `x` (Ed25519). */
    x: text().notNull(),
    revokedAt: timestamp({ withTimezone: true, precision: 3 }),
    revision: integer().notNull(),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.agentId, table.kid] }),
    foreignKey({ columns: [table.orgId, table.agentId], foreignColumns: [agents.orgId, agents.id] }),
  ],
);
