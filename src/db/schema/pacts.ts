import { boolean, foreignKey, index, integer, jsonb, pgTable, primaryKey, text, timestamp, unique } from "drizzle-orm/pg-core";
import type { Condition } from "../../expressions/condition.ts";
import { agents } from "./agents.ts";

export const pactStates = ["draft", "active", "superseded", "retired"] as const;
export type PactState = (typeof pactStates)[number];

/** One row per version of a pact; `lineageId` is the first version's id. */
export const pacts = pgTable(
  "pacts",
  {
    orgId: text().notNull(),
    id: text().notNull(),
    lineageId: text().notNull(),
    version: integer().notNull(),
    agentId: text().notNull(),
    name: text().notNull(),
    description: text(),
    conditions: jsonb().$type<readonly Condition[]>().notNull(),
    state: text().$type<PactState>().notNull(),
    /** Fixed when the pact is activated. */
    digest: text(),
    activatedAt: timestamp({ withTimezone: true, precision: 3 }),
    revision: integer().notNull(),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    updatedAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.id] }),
    unique("pacts_version").on(table.orgId, table.lineageId, table.version),
    foreignKey({ columns: [table.orgId, table.lineageId], foreignColumns: [table.orgId, table.id] }),
    index("pacts_page").on(table.orgId, table.createdAt, table.id),
    index("pacts_agent").on(table.orgId, table.agentId, table.createdAt),
    foreignKey({ columns: [table.orgId, table.agentId], foreignColumns: [agents.orgId, agents.id] }),
  ],
);

/** What a caller reported and we checked: assurance 0, shown and never scored. */
export const pactChecks = pgTable(
  "pact_checks",
  {
    orgId: text().notNull(),
    id: text().notNull(),
    pactId: text().notNull(),
    kind: text().$type<"verify" | "validate_call">().notNull(),
    compliant: boolean().notNull(),
    violations: jsonb().$type<readonly { conditionId: string; severity: string; status: string; reason: string }[]>().notNull(),
    inputDigest: text().notNull(),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.id] }),
    foreignKey({ columns: [table.orgId, table.pactId], foreignColumns: [pacts.orgId, pacts.id] }),
  ],
);
