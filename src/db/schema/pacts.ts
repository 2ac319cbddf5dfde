import { sql } from "drizzle-orm";
import { boolean, foreignKey, index, integer, jsonb, pgTable, primaryKey, text, timestamp, unique, uniqueIndex } from "drizzle-orm/pg-core";
import type { Condition } from "../../expressions/condition.ts";
import type { ConditionResult } from "../../expressions/evaluate-condition.ts";
import { agents } from "./agents.ts";

export const pactStates = ["draft", "active", "superseded", "retired"] as const;
export type PactState = (typeof pactStates)[number];

/** What a caller may report: an answer that was given, or a call before it is made. */
export const checkKinds = ["verify", "validate_call"] as const;
export type CheckKind = (typeof checkKinds)[number];

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
    uniqueIndex("pacts_one_active")
      .on(table.orgId, table.lineageId)
      .where(sql`state = 'active'`),
    // Whoever pays for a check knows the pact's id alone: one row of one organization answers to it.
    uniqueIndex("pacts_active")
      .on(table.id)
      .where(sql`state = 'active'`),
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
    pactDigest: text().notNull(),
    kind: text().$type<CheckKind>().notNull(),
    /** Null where it could not be told. */
    compliant: boolean(),
    results: jsonb().$type<readonly ConditionResult[]>().notNull(),
    /** Of what the caller reported; the report itself is not kept. */
    reportDigest: text().notNull(),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.id] }),
    index("pact_checks_page").on(table.orgId, table.pactId, table.createdAt, table.id),
    foreignKey({ columns: [table.orgId, table.pactId], foreignColumns: [pacts.orgId, pacts.id] }),
  ],
);
