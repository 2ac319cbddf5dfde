import { bigint, foreignKey, index, integer, pgTable, primaryKey, text, timestamp, unique } from "drizzle-orm/pg-core";
import type { Disposition, Effect, ReceiptMode } from "../../features/receipts/receipt.ts";
import { agents } from "./agents.ts";

/** Signed statements of what happened, one unbroken chain for each agent. Never changed. */
export const receipts = pgTable(
  "receipts",
  {
    orgId: text().notNull(),
    id: text().notNull(),
    agentId: text().notNull(),
    /** The place in the agent's chain, from 1. */
    number: integer().notNull(),
    action: text().notNull(),
    /** What it is about: a run, a check, an imported artifact. */
    about: text().notNull(),
    mode: text().$type<ReceiptMode>().notNull(),
    disposition: text().$type<Disposition>().notNull(),
    effect: text().$type<Effect>(),
    statement: text().notNull(),
    dsseSignature: text().notNull(),
    digest: text().notNull(),
    kid: text().notNull(),
    /** Set by the database (app.stamp_event), whatever is sent. */
    eventSeq: bigint({ mode: "number" }).notNull().default(0),
    /** The digest of what else the event is about, where the receipt is not all of it. */
    changeDigest: text(),
    /** The digest of the agent's own signature in it: one signature is taken once. */
    intentDigest: text(),
    issuedAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.id] }),
    unique("receipts_chain").on(table.orgId, table.agentId, table.number),
    unique("receipts_intent").on(table.orgId, table.agentId, table.intentDigest),
    index("receipts_page").on(table.orgId, table.issuedAt, table.id),
    index("receipts_agent").on(table.orgId, table.agentId, table.issuedAt, table.id),
    index("receipts_events").on(table.orgId, table.eventSeq),
    foreignKey({ columns: [table.orgId, table.agentId], foreignColumns: [agents.orgId, agents.id] }),
  ],
);

/** Artifacts of evals that agents ran by themselves, as they were signed; each counts once. */
export const selfRuns = pgTable(
  "self_runs",
  {
    orgId: text().notNull(),
    receiptId: text().notNull(),
    /** SHA-256 of the artifact's payload. */
    digest: text().notNull(),
    artifact: text().notNull(),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.receiptId] }),
    unique("self_runs_digest").on(table.orgId, table.digest),
    foreignKey({ columns: [table.orgId, table.receiptId], foreignColumns: [receipts.orgId, receipts.id] }),
  ],
);
