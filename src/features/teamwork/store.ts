import { and, count, countDistinct, desc, eq, lt, max, min, sum } from "drizzle-orm";
import { roomVisits } from "../../db/schema/room-visits.ts";
import type { ScopedDb } from "../../db/tenant-db.ts";

export type NewVisit = Omit<typeof roomVisits.$inferSelect, "orgId">;

/** For the write whose event is the visit's `room.left`. */
export const insertVisit = ({ orm, orgId }: ScopedDb, visit: NewVisit) => orm.insert(roomVisits).values({ ...visit, orgId });

const counted = {
  visits: count(),
  messages: sum(roomVisits.messages).mapWith(Number),
  effects: sum(roomVisits.effects).mapWith(Number),
  firstJoinedAt: min(roomVisits.joinedAt),
  lastLeftAt: max(roomVisits.leftAt),
};

/** One row. The index holds all that it reads. */
export const countVisits = ({ orm, orgId }: ScopedDb, agentId: string) =>
  orm
    .select({ rooms: countDistinct(roomVisits.roomId), ...counted })
    .from(roomVisits)
    .where(and(eq(roomVisits.orgId, orgId), eq(roomVisits.agentId, agentId)));

/** A row for each room, in the order of the rooms' ids. */
export const selectRoomsVisited = ({ orm, orgId }: ScopedDb, agentId: string, before: string | undefined, limit: number) =>
  orm
    .select({ roomId: roomVisits.roomId, ...counted })
    .from(roomVisits)
    .where(
      and(eq(roomVisits.orgId, orgId), eq(roomVisits.agentId, agentId), before === undefined ? undefined : lt(roomVisits.roomId, before)),
    )
    .groupBy(roomVisits.roomId)
    .orderBy(desc(roomVisits.roomId))
    .limit(limit);
