import type { ChainPlace } from "../crypto/room-chain.ts";
import type { Environment } from "../env.ts";
import { problem } from "../http/problem.ts";
import { describeFault } from "../platform/describe-fault.ts";
import { log } from "../platform/logger.ts";

/**
 * What ends memberships of a room, and keeps such members out. Times are milliseconds since 1970. `until` null: for good, or until lifted.
 * `archived_agent` and `key` come from the gate and pass by themselves: no token of theirs can be minted any more.
 */
export type Ending =
  | { readonly kind: "token" | "agent"; readonly id: string; readonly until: number | null }
  | { readonly kind: "archived_agent"; readonly id: string; readonly until: number }
  /** A rotated key dies in the future: its members go at `from`. */
  | { readonly kind: "key"; readonly id: string; readonly from: number; readonly until: number }
  /** Tokens of this generation of the swarm's secret and of all before it. */
  | { readonly kind: "generation"; readonly upTo: number };

/**
 * What a room does for those who govern it. Each is durable before it answers, may be called again, and holds from the answer on:
 * not one frame reaches or comes from a member that it ended.
 */
export type RoomControl = {
  revoke(ending: Ending): Promise<void>;
  /** Lets in again whom an `agent` or `token` ending kept out. */
  lift(ending: { readonly kind: "token" | "agent"; readonly id: string }): Promise<void>;
  close(): Promise<void>;
  /** The room's topics, retention or secrets have changed in the database. */
  reload(): Promise<void>;
  status(): Promise<RoomStatus>;
};

/** A room at this moment. `floor` is the message before the oldest that is kept. */
export type RoomStatus = {
  readonly head: ChainPlace;
  readonly floor: ChainPlace;
  readonly bytes: number;
  readonly sockets: number;
  readonly agents: readonly string[];
};

/** The object of a room that is in the database, or whose identifier's tag was checked. */
export const roomOf = ({ bindings: { ROOM: rooms } }: Environment, roomId: string) => rooms.get(rooms.idFromName(roomId));

type Tell<T> = (room: RoomControl) => Promise<T>;
const patienceMs = 3000;

/** Tells the object of a room that is in the database. Throws where it is out of reach or does not answer in time. */
export async function tellRoom<T>(env: Environment, roomId: string, tell: Tell<T>): Promise<T> {
  const answered = new AbortController();
  const told = async (): Promise<T> => tell(roomOf(env, roomId));
  try {
    const late = scheduler.wait(patienceMs, { signal: answered.signal }).then(() => Promise.reject(new Error("no answer in time")));
    return await Promise.race([told(), late]);
  } finally {
    answered.abort();
  }
}

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
