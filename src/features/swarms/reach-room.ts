import { tellRoom, type RoomControl } from "../../access/room-control.ts";
import type { Environment } from "../../env.ts";
import { problem } from "../../http/problem.ts";
import { describeFault } from "../../platform/describe-fault.ts";
import { log } from "../../platform/logger.ts";

type Tell<T> = (room: RoomControl) => Promise<T>;

/** What must hold in the room before anything is answered: 503 where it is out of reach. */
export async function demandRoom<T>(env: Environment, roomId: string, tell: Tell<T>): Promise<T> {
  try {
    return await tellRoom(env, roomId, tell);
  } catch (fault) {
    throw problem("unavailable", `room ${roomId}: ${describeFault(fault)}`);
  }
}

/** What is committed already, and a room reads by itself when it starts: one that cannot be told now will learn it then. */
export async function suggestRoom(env: Environment, roomId: string, tell: Tell<void>): Promise<void> {
  try {
    await tellRoom(env, roomId, tell);
  } catch (fault) {
    log("warn", "room_not_told", { roomId, fault: describeFault(fault) });
  }
}
