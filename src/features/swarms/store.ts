import { and, eq, gt, isNull, lt, lte, or, sql, type SQL } from "drizzle-orm";
import { rooms, swarms, swarmSecrets } from "../../db/schema/swarms.ts";
import type { ScopedDb } from "../../db/tenant-db.ts";
import { keyset, type Page } from "../../http/pagination.ts";
import type { NewSecretRow } from "./secret.ts";
import type { NewSwarmRow, SwarmRow } from "./swarm.ts";

const ownSwarm = (orgId: string, swarmId: string | SQL): SQL | undefined => and(eq(swarms.orgId, orgId), eq(swarms.id, swarmId));

export const selectSwarm = ({ orm, orgId }: ScopedDb, swarmId: string) => orm.select().from(swarms).where(ownSwarm(orgId, swarmId));

export function selectSwarms({ orm, orgId }: ScopedDb, page: Page) {
  const { where, orderBy, limit } = keyset(page, swarms.createdAt, swarms.id);
  return orm
    .select()
    .from(swarms)
    .where(and(eq(swarms.orgId, orgId), where))
    .orderBy(...orderBy)
    .limit(limit);
}

export const insertSwarm = ({ orm, orgId }: ScopedDb, row: NewSwarmRow) => orm.insert(swarms).values({ ...row, orgId });

/** Matches the new swarm only while the organization is within its plan, so that requests at the same moment cannot pass it together. */
export const requireSwarmWithin = ({ orm, orgId }: ScopedDb, swarmId: string, most: number) => {
  const count = orm.select({ all: sql`count(*)` }).from(swarms).where(eq(swarms.orgId, orgId)); // prettier-ignore
  return orm
    .update(swarms)
    .set({ openRooms: 0 })
    .where(and(ownSwarm(orgId, swarmId), lte(sql`(${count})`, most)));
};

/** Matches only while the swarm, and how many rooms it has, are as they were read. */
export const updateGeneration = ({ orm, orgId }: ScopedDb, read: Pick<SwarmRow, "id" | "revision" | "generation">, updatedAt: Date) =>
  orm
    .update(swarms)
    .set({ generation: read.generation + 1, revision: read.revision + 1, updatedAt })
    .where(and(ownSwarm(orgId, read.id), eq(swarms.revision, read.revision)));

/** Matches only while the swarm has fewer than `most` open rooms. */
export const addOpenRoom = ({ orm, orgId }: ScopedDb, swarmId: string, most: number) =>
  orm
    .update(swarms)
    .set({ openRooms: sql`${swarms.openRooms} + 1`, revision: sql`${swarms.revision} + 1` })
    .where(and(ownSwarm(orgId, swarmId), lt(swarms.openRooms, most)));

export const dropOpenRoom = ({ orm, orgId }: ScopedDb, swarmId: string) =>
  orm
    .update(swarms)
    .set({ openRooms: sql`${swarms.openRooms} - 1`, revision: sql`${swarms.revision} + 1` })
    .where(ownSwarm(orgId, swarmId));

export const insertSecret = ({ orm, orgId }: ScopedDb, row: NewSecretRow) => orm.insert(swarmSecrets).values({ ...row, orgId });

/** Ends what verifies: the secret of `generation` at `itsEnd`, all before it at `now`. */
export const updateSecretEnds = (
  { orm, orgId }: ScopedDb,
  { id, generation }: Pick<SwarmRow, "id" | "generation">,
  itsEnd: Date,
  now: Date,
) =>
  orm
    .update(swarmSecrets)
    .set({
      verifiesUntil: sql`case when ${swarmSecrets.generation} = ${generation} then ${itsEnd.toISOString()}::timestamptz else ${now.toISOString()}::timestamptz end`,
    })
    .where(and(eq(swarmSecrets.orgId, orgId), eq(swarmSecrets.swarmId, id), stands(now)));

const stands = (now: Date): SQL | undefined => or(isNull(swarmSecrets.verifiesUntil), gt(swarmSecrets.verifiesUntil, now));

const swarmOf = ({ orm, orgId }: ScopedDb, roomId: string): SQL =>
  sql`(${orm
    .select({ id: rooms.swarmId })
    .from(rooms)
    .where(and(eq(rooms.orgId, orgId), eq(rooms.id, roomId)))})`;

/** The secrets of a room's swarm that verify. */
export const selectStandingSecretsOf = (db: ScopedDb, roomId: string, now: Date) =>
  db.orm
    .select()
    .from(swarmSecrets)
    .where(and(eq(swarmSecrets.orgId, db.orgId), eq(swarmSecrets.swarmId, swarmOf(db, roomId)), stands(now)));

/** The secret of a room's swarm that signs. */
export const selectSigningSecretOf = (db: ScopedDb, roomId: string) =>
  db.orm
    .select()
    .from(swarmSecrets)
    .where(and(eq(swarmSecrets.orgId, db.orgId), eq(swarmSecrets.swarmId, swarmOf(db, roomId)), isNull(swarmSecrets.verifiesUntil)));

export const selectOpenRoomIds = ({ orm, orgId }: ScopedDb, swarmId: string) =>
  orm
    .select({ id: rooms.id })
    .from(rooms)
    .where(and(eq(rooms.orgId, orgId), eq(rooms.swarmId, swarmId), isNull(rooms.closedAt)));
