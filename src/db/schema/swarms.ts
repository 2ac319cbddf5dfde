import { foreignKey, index, integer, jsonb, pgTable, primaryKey, text, timestamp, unique, uniqueIndex } from "drizzle-orm/pg-core";
import { sql } from "drizzle-orm";
import type { JsonValue } from "../../crypto/canonical-json.ts";

/** A topic that a room takes, and the JSON Schema of its messages where there is one. */
export type RoomTopic = { readonly name: string; readonly schema?: JsonValue | undefined };

export const swarms = pgTable(
  "swarms",
  {
    orgId: text().notNull(),
    id: text().notNull(),
    name: text().notNull(),
    /** Of the secret that signs new room tokens: 1, 2, … */
    generation: integer().notNull(),
    openRooms: integer().notNull(),
    /** Grows with each change of the swarm or of how many rooms it has; an update names the one it read. */
    revision: integer().notNull(),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    updatedAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.id] }), index("swarms_page").on(table.orgId, table.createdAt, table.id)],
);

/** The secrets that sign room tokens. They never leave. */
export const swarmSecrets = pgTable(
  "swarm_secrets",
  {
    orgId: text().notNull(),
    swarmId: text().notNull(),
    generation: integer().notNull(),
    /** 32 bytes as base64, sealed (crypto/sealed-box.ts). */
    sealedSecret: text().notNull(),
    /** Null for the one that signs. */
    verifiesUntil: timestamp({ withTimezone: true, precision: 3 }),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.swarmId, table.generation] }),
    foreignKey({ columns: [table.orgId, table.swarmId], foreignColumns: [swarms.orgId, swarms.id] }),
  ],
);

export const rooms = pgTable(
  "rooms",
  {
    orgId: text().notNull(),
    id: text().notNull(),
    swarmId: text().notNull(),
    name: text().notNull(),
    /** None: any topic. */
    topics: jsonb().$type<readonly RoomTopic[]>().notNull(),
    retentionMessages: integer().notNull(),
    retentionDays: integer().notNull(),
    revision: integer().notNull(),
    closedAt: timestamp({ withTimezone: true, precision: 3 }),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    updatedAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.id] }),
    // Its object knows nothing but its name.
    unique("rooms_id").on(table.id),
    index("rooms_page").on(table.orgId, table.swarmId, table.createdAt, table.id),
    foreignKey({ columns: [table.orgId, table.swarmId], foreignColumns: [swarms.orgId, swarms.id] }),
  ],
);

export type RevokedKind = "token" | "agent";

/** Who is kept out of a room. The room's object knew it first. */
export const roomRevocations = pgTable(
  "room_revocations",
  {
    orgId: text().notNull(),
    id: text().notNull(),
    roomId: text().notNull(),
    kind: text().$type<RevokedKind>().notNull(),
    /** The identifier of the token or agent. */
    subject: text().notNull(),
    /** Null: until it is lifted. */
    until: timestamp({ withTimezone: true, precision: 3 }),
    revokedBy: text().notNull(),
    revision: integer().notNull(),
    liftedAt: timestamp({ withTimezone: true, precision: 3 }),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    updatedAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.id] }),
    index("room_revocations_page").on(table.orgId, table.roomId, table.createdAt, table.id),
    uniqueIndex("room_revocations_standing")
      .on(table.orgId, table.roomId, table.kind, table.subject)
      .where(sql`lifted_at is null`),
    foreignKey({ columns: [table.orgId, table.roomId], foreignColumns: [rooms.orgId, rooms.id] }),
  ],
);
