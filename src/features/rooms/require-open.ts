import { problem } from "../../http/problem.ts";
import type { RoomRow } from "./room.ts";

/** The room, if it is one (404) and was not closed (409). */
export function requireOpen(room: RoomRow | undefined): RoomRow {
  if (room === undefined) throw problem("not_found", "no such room");
  if (room.closedAt !== null) throw problem("room_closed", "the room is closed");
  return room;
}
