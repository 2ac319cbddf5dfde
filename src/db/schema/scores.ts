import { foreignKey, index, integer, jsonb, pgTable, primaryKey, text, timestamp, unique } from "drizzle-orm/pg-core";
import type { EvidenceEntry, ScoreDocument, UnavailableEntry } from "../../features/scores/evidence.ts";
import type { Assurance } from "../../scores/names.ts";
import { agents } from "./agents.ts";

/** What one finished run contributes to its agent's score: every scored check of it, one row per run. */
export const evidence = pgTable(
  "evidence",
  {
    orgId: text().notNull(),
    id: text().notNull(),
    agentId: text().notNull(),
    /** The eval run, or the receipt of a run that the agent made by itself: foreign keys on generated columns (migrations/) hold either. */
    runId: text().notNull(),
    suiteDigest: text().notNull(),
    author: text().notNull(),
    assurance: text().$type<Assurance>().notNull(),
    versionNumber: integer().notNull(),
    versionDigest: text().notNull(),
    entries: jsonb().$type<readonly EvidenceEntry[]>().notNull(),
    unavailable: jsonb().$type<readonly UnavailableEntry[]>().notNull(),
    /** How many entries there are, and how many of them are failures of critical conditions: what decides which runs are read. */
    checks: integer().notNull(),
    criticalFailures: integer().notNull(),
    at: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.id] }),
    unique("evidence_run").on(table.orgId, table.runId),
    index("evidence_agent").on(table.orgId, table.agentId, table.at),
    foreignKey({ columns: [table.orgId, table.agentId], foreignColumns: [agents.orgId, agents.id] }),
  ],
);

/** One row per score that was kept; the newest is the current one. */
export const scores = pgTable(
  "scores",
  {
    orgId: text().notNull(),
    id: text().notNull(),
    agentId: text().notNull(),
    document: jsonb().$type<ScoreDocument>().notNull(),
    /** What it was computed for: while neither has changed, it is stale by age alone. */
    versionNumber: integer().notNull(),
    runsOnRecord: integer().notNull(),
    computedAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.id] }),
    index("scores_page").on(table.orgId, table.agentId, table.computedAt, table.id),
    foreignKey({ columns: [table.orgId, table.agentId], foreignColumns: [agents.orgId, agents.id] }),
  ],
);

/** When an agent's score is looked at again: one row for each agent, made by the database with the agent (migrations/). Bookkeeping, written without an event. */
export const scoreUpkeep = pgTable(
  "score_upkeep",
  {
    orgId: text().notNull(),
    agentId: text().notNull(),
    /** Grows with each score that is kept, each look and each version of the agent; a write names the one it read. */
    revision: integer().notNull().default(1),
    /** Null where time alone changes nothing that is seen. */
    dueAt: timestamp({ withTimezone: true, precision: 3 }),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.agentId] }),
    index("score_upkeep_due").on(table.orgId, table.dueAt, table.agentId),
    foreignKey({ columns: [table.orgId, table.agentId], foreignColumns: [agents.orgId, agents.id] }),
  ],
);
