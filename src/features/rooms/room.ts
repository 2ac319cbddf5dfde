import type { RoomTopic, rooms } from "../../db/schema/swarms.ts";
import type { RoomView } from "./schemas.ts";

export type RoomRow = typeof rooms.$inferSelect;
export type NewRoomRow = Omit<RoomRow, "orgId">;

const toTopic = ({ name, schema }: RoomTopic): RoomView["topics"][number] => (schema === undefined ? { name } : { name, schema });

export const toRoom = (row: NewRoomRow): RoomView => ({
  id: row.id,
  swarmId: row.swarmId,
  name: row.name,
  topics: row.topics.map(toTopic),
  retention: { messages: row.retentionMessages, days: row.retentionDays },
  closedAt: row.closedAt?.toISOString() ?? null,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
});
