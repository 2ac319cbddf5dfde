import type { swarms } from "../../db/schema/swarms.ts";
import type { SwarmView } from "./schemas.ts";

export type SwarmRow = typeof swarms.$inferSelect;
export type NewSwarmRow = Omit<SwarmRow, "orgId">;

export const toSwarm = ({ id, name, generation, openRooms, createdAt, updatedAt }: NewSwarmRow): SwarmView => ({
  id,
  name,
  generation,
  openRooms,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
});
