import { and, eq, gt, isNull, ne, or, sql, type SQL } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import { roomRevocations, rooms, type RevokedKind } from "../../db/schema/swarms.ts";
import type { ScopedDb } from "../../db/tenant-db.ts";
import { keyset, type Page } from "../../http/pagination.ts";
import type { NewRevocationRow, RevocationRow } from "./revocation.ts";
import type { NewRoomRow, RoomRow } from "./room.ts";

export const selectRoom = ({ orm, orgId }: ScopedDb, roomId: string) =>
  orm
    .select()
    .from(rooms)
    .where(and(eq(rooms.orgId, orgId), eq(rooms.id, roomId)));

export function selectRooms({ orm, orgId }: ScopedDb, swarmId: string, page: Page) {
  const { where, orderBy, limit } = keyset(page, rooms.createdAt, rooms.id);
  return orm
    .select()
    .from(rooms)
    .where(and(eq(rooms.orgId, orgId), eq(rooms.swarmId, swarmId), where))
    .orderBy(...orderBy)
    .limit(limit);
}

export const insertRoom = ({ orm, orgId }: ScopedDb, row: NewRoomRow) => orm.insert(rooms).values({ ...row, orgId });

/** Matches only while the room is as it was read. */
export const updateRoom = (
  { orm, orgId }: ScopedDb,
  read: Pick<RoomRow, "id" | "revision">,
  changes: Partial<Omit<NewRoomRow, "id" | "swarmId" | "revision" | "createdAt">>,
) =>
  orm
    .update(rooms)
    .set({ ...changes, revision: read.revision + 1 })
    .where(and(eq(rooms.orgId, orgId), eq(rooms.id, read.id), eq(rooms.revision, read.revision)));

const ofRoom = (orgId: string, roomId: string): SQL | undefined =>
  and(eq(roomRevocations.orgId, orgId), eq(roomRevocations.roomId, roomId));

export function selectRevocations({ orm, orgId }: ScopedDb, roomId: string, page: Page) {
  const { where, orderBy, limit } = keyset(page, roomRevocations.createdAt, roomRevocations.id);
  return orm
    .select()
    .from(roomRevocations)
    .where(and(ofRoom(orgId, roomId), where))
    .orderBy(...orderBy)
    .limit(limit);
}

export const selectRevocation = ({ orm, orgId }: ScopedDb, roomId: string, revocationId: string) =>
  orm
    .select()
    .from(roomRevocations)
    .where(and(ofRoom(orgId, roomId), eq(roomRevocations.id, revocationId)));

/** The one that was not lifted, whether it has ended or not. */
export const selectUnlifted = ({ orm, orgId }: ScopedDb, roomId: string, kind: RevokedKind, subject: string) =>
  orm
    .select()
    .from(roomRevocations)
    .where(
      and(ofRoom(orgId, roomId), eq(roomRevocations.kind, kind), eq(roomRevocations.subject, subject), isNull(roomRevocations.liftedAt)),
    );

/** Of the same agent or token as this one, and not lifted either. */
export function selectUnliftedBeside({ orm, orgId }: ScopedDb, roomId: string, revocationId: string) {
  const it = alias(roomRevocations, "it");
  return orm
    .select({ until: roomRevocations.until })
    .from(roomRevocations)
    .innerJoin(it, and(eq(it.orgId, orgId), eq(it.roomId, roomId), eq(it.id, revocationId)))
    .where(
      and(
        ofRoom(orgId, roomId),
        eq(roomRevocations.kind, it.kind),
        eq(roomRevocations.subject, it.subject),
        ne(roomRevocations.id, revocationId),
        isNull(roomRevocations.liftedAt),
      ),
    );
}

export const selectStandingRevocations = ({ orm, orgId }: ScopedDb, roomId: string, now: Date) =>
  orm
    .select({ kind: roomRevocations.kind, subject: roomRevocations.subject, until: roomRevocations.until })
    .from(roomRevocations)
    .where(and(ofRoom(orgId, roomId), isNull(roomRevocations.liftedAt), or(isNull(roomRevocations.until), gt(roomRevocations.until, now))));

export const insertRevocation = ({ orm, orgId }: ScopedDb, row: NewRevocationRow) => orm.insert(roomRevocations).values({ ...row, orgId });

/** Matches only while it is as it was read. */
export const updateRevocation = (
  { orm, orgId }: ScopedDb,
  read: Pick<RevocationRow, "id" | "roomId" | "revision">,
  changes: Partial<Pick<RevocationRow, "until" | "revokedBy" | "liftedAt" | "updatedAt">>,
) =>
  orm
    .update(roomRevocations)
    .set({ ...changes, revision: sql`${roomRevocations.revision} + 1` })
    .where(and(ofRoom(orgId, read.roomId), eq(roomRevocations.id, read.id), eq(roomRevocations.revision, read.revision)));
