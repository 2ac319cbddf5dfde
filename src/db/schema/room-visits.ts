import { foreignKey, index, integer, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import { agents } from "./agents.ts";
import { rooms } from "./swarms.ts";

/** How a member of a room came in. */
export const visitWays = ["socket", "http"] as const;

/** Memberships of rooms that have ended, each written with its room.left event. Never changed, and nothing is scored by them. */
export const roomVisits = pgTable(
  "room_visits",
  {
    orgId: text().notNull(),
    id: text().notNull(),
    roomId: text().notNull(),
    agentId: text().notNull(),
    /** By the room's clock, which may stand back after the room has moved: so `leftAt` can be the earlier one. */
    joinedAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    leftAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    /** Published in this visit. */
    messages: integer().notNull(),
    /** Those of them that were flagged as having an effect outside of the room. */
    effects: integer().notNull(),
    via: text({ enum: visitWays }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.id] }),
    index("room_visits_agent").on(table.orgId, table.agentId, table.roomId, table.joinedAt, table.leftAt, table.messages, table.effects),
    foreignKey({ columns: [table.orgId, table.agentId], foreignColumns: [agents.orgId, agents.id] }),
    foreignKey({ columns: [table.orgId, table.roomId], foreignColumns: [rooms.orgId, rooms.id] }),
  ],
);
