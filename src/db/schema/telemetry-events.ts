import { bigint, foreignKey, index, integer, pgTable, primaryKey, text, timestamp, uniqueIndex } from "drizzle-orm/pg-core";
import { sql } from "drizzle-orm";
import type { TelemetryType } from "../../features/telemetry/event.ts";
import { agents } from "./agents.ts";
import { invocations } from "./invocations.ts";

/** What agents say of themselves: shown, compared with what was recorded, and never scored. */
export const telemetryEvents = pgTable(
  "telemetry_events",
  {
    orgId: text().notNull(),
    /** Derived from the agent and the name that it chose: each event is taken once. */
    id: text().notNull(),
    agentId: text().notNull(),
    eventId: text().notNull(),
    type: text().$type<TelemetryType>().notNull(),
    sessionId: text().notNull(),
    /** When it was, as the agent says. */
    at: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    receivedAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    /** Set by the database: with the place in its call, the order in which claims were made. */
    eventSeq: bigint({ mode: "number" }).notNull().default(0),
    position: integer().notNull(),
    /** What follows is of tool calls alone, and as the agent says. */
    tool: text(),
    mode: text().$type<"simulation" | "production">(),
    claimedInvocationId: text(),
    claimedReceiptId: text(),
    claimedRequestDigest: text(),
    /** The invocation that it was found to be when it came. Null: none then; queries look again. */
    matchedInvocationId: text(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.id] }),
    index("telemetry_events_page").on(table.orgId, table.receivedAt, table.id),
    index("telemetry_events_agent").on(table.orgId, table.agentId, table.receivedAt, table.id),
    index("telemetry_events_session").on(table.orgId, table.sessionId, table.receivedAt, table.id),
    // An invocation is at most one tool call.
    uniqueIndex("telemetry_events_matched").on(table.orgId, table.matchedInvocationId),
    index("telemetry_events_open")
      .on(table.orgId, table.agentId, table.receivedAt)
      .where(sql`type = 'tool_call' and matched_invocation_id is null`),
    index("telemetry_events_invocation")
      .on(table.orgId, table.claimedInvocationId)
      .where(sql`claimed_invocation_id is not null`),
    index("telemetry_events_receipt")
      .on(table.orgId, table.claimedReceiptId)
      .where(sql`claimed_receipt_id is not null`),
    foreignKey({ columns: [table.orgId, table.agentId], foreignColumns: [agents.orgId, agents.id] }),
    foreignKey({ columns: [table.orgId, table.matchedInvocationId], foreignColumns: [invocations.orgId, invocations.id] }),
  ],
);
