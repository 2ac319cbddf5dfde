import type { Environment } from "../env.ts";
import { describeFault } from "../platform/describe-fault.ts";
import { log } from "../platform/logger.ts";
import { tellRoom, type Ending } from "./room-control.ts";
import { roomTokenSeconds } from "./room-token.ts";

/** In a room, somebody with a token that this key minted acts as this agent. */
export type Watch = { readonly roomId: string; readonly keyId: string; readonly agentId: string };
/**
 * Milliseconds since 1970. `diesAt`: when the key ends, as far as it is known now. A token of this key and agent that comes after
 * `watchedUntil` is a reason to ask again.
 */
export type WatchAnswer =
  | { readonly ok: true; readonly diesAt: number | null; readonly watchedUntil: number }
  | { readonly ok: false; readonly reason: "key" | "agent" };

/** What a room is told by the gate. */
export type GateEnding = Extract<Ending, { readonly kind: "key" | "archived_agent" }>;
export type Untold = { readonly roomId: string; readonly ending: GateEnding };

const watchedForMs = 3_600_000;
/** A token that was minted at the last moment, its life, and time for the change that ends its minter to be committed. */
const tokensGoneAfterMs = (roomTokenSeconds + 60) * 1000;
export const retryAfterMs = 5000;

/** From when on nobody can hold a token of what ended at `at`. */
export const endOfTokens = (at: number): number => at + tokensGoneAfterMs;

const tables = `
  create table if not exists watches (
    room_id text, key_id text, agent_id text, until integer not null, primary key (room_id, key_id, agent_id)) without rowid;
  create table if not exists ended_agents (agent_id text primary key, until integer not null) without rowid;
  create table if not exists untold (
    room_id text, kind text, id text, since integer not null, until integer not null, primary key (room_id, kind, id)) without rowid;`;
type Row = { room_id: string; kind: GateEnding["kind"]; id: string; since: number; until: number };

/** Which rooms must hear of the end of which keys and agents, and which of them have not heard yet: in the gate's own SQLite. */
export class GateWatches {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(tables);
  }

  /** Remembers who watches whom, and says until when. It is kept for as long as what was let in meanwhile can stay. */
  add({ roomId, keyId, agentId }: Watch, now: number): number {
    const watchedUntil = now + watchedForMs;
    this.#sql.exec("insert or replace into watches values (?, ?, ?, ?)", roomId, keyId, agentId, endOfTokens(watchedUntil));
    return watchedUntil;
  }

  /** Notes whom an end concerns. What was noted before of the same end is replaced: the newer one knows better. */
  end(ending: GateEnding): void {
    const { kind, id, until } = ending;
    const column = kind === "key" ? "key_id" : "agent_id";
    const since = kind === "key" ? ending.from : 0;
    if (kind === "archived_agent") this.#sql.exec("insert or replace into ended_agents values (?, ?)", id, until);
    const query = `insert or replace into untold select distinct room_id, ?, ?, ?, ? from watches where ${column} = ?`;
    this.#sql.exec(query, kind, id, since, until, id);
  }

  hasEnded(agentId: string, now: number): boolean {
    return this.#sql.exec("select 1 from ended_agents where agent_id = ? and until > ?", agentId, now).toArray().length > 0;
  }

  untold(): Untold[] {
    return this.#sql.exec<Row>("select * from untold").toArray().map(toUntold);
  }

  /** One room has it. An end that was noted meanwhile is another one, and stays. */
  told({ roomId, ending }: Untold): void {
    const since = ending.kind === "key" ? ending.from : 0;
    const query = "delete from untold where room_id = ? and kind = ? and id = ? and since = ? and until = ?";
    this.#sql.exec(query, roomId, ending.kind, ending.id, since, ending.until);
  }

  /** Watches that let nobody stay any more; ends that no token outlives, told or not. */
  forget(now: number): void {
    for (const table of ["watches", "ended_agents", "untold"]) this.#sql.exec(`delete from ${table} where until <= ?`, now);
  }
}

const toUntold = ({ room_id: roomId, kind, id, since: from, until }: Row): Untold => ({
  roomId,
  ending: kind === "key" ? { kind, id, from, until } : { kind, id, until },
});

/** Tells every room that has not heard yet, all at once. Returns how many are left: out of reach, or too slow. */
export async function tellRooms(env: Environment, watches: GateWatches): Promise<number> {
  await Promise.all(
    watches.untold().map(async (untold) => {
      try {
        await tellRoom(env, untold.roomId, (room) => room.revoke(untold.ending));
        watches.told(untold);
      } catch (fault) {
        log("error", "room_not_told", { roomId: untold.roomId, kind: untold.ending.kind, fault: describeFault(fault) });
      }
    }),
  );
  return watches.untold().length;
}
