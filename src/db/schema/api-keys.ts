import { foreignKey, index, jsonb, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { Scope } from "../../access/scopes.ts";
import { agents } from "./agents.ts";

export const apiKeys = pgTable(
  "api_keys",
  {
    orgId: text().notNull(),
    id: text().notNull(),
    name: text().notNull(),
    /** SHA-256 of the secret, hex; the secret itself is shown once and never stored. */
    secretHash: text().notNull(),
    scopes: jsonb().$type<readonly Scope[]>().notNull(),
    cidrs: jsonb().$type<readonly string[]>().notNull(),
    agentId: text(),
    createdBy: text().notNull(),
    replacesId: text(),
    expiresAt: timestamp({ withTimezone: true, precision: 3 }),
    revokedAt: timestamp({ withTimezone: true, precision: 3 }),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.id] }),
    index("api_keys_page").on(table.orgId, table.createdAt.desc(), table.id.desc()),
    foreignKey({ columns: [table.orgId, table.agentId], foreignColumns: [agents.orgId, agents.id] }),
    foreignKey({ columns: [table.orgId, table.replacesId], foreignColumns: [table.orgId, table.id] }),
  ],
);
