import type { OutboxEntry } from "../audit/outbox.ts";
import { newId } from "../platform/ids.ts";
import type { Hall } from "./hall.ts";

export type Via = "socket" | "http";
/** One membership: from an agent's first connection or call to its last, short gaps included. Milliseconds since 1970. */
export type Visit = {
  readonly id: string;
  readonly agentId: string;
  readonly via: Via;
  readonly joinedAt: number;
  /** The newest message when it began. */
  readonly since: number;
  messages: number;
  effects: number;
  /** When the agent was last here; null while it has a socket. */
  awaySince: number | null;
};

/** An agent that comes back so soon goes on with its visit: one that reconnects all the time costs the log two events, not two a time. */
const graceMs: Readonly<Record<Via, number>> = { socket: 60_000, http: 300_000 };
/** How old the stored time of an agent's last call may be. */
const callNotedMs = 30_000;

type Row = {
  id: string;
  agent: string;
  via: Via;
  joined_at: number;
  since: number;
  messages: number;
  effects: number;
  away_since: number | null;
};

/** Who has been a member from when on and published how much. Joining and leaving go to the outbox in the same turn. */
export class Visits {
  readonly #sql: SqlStorage;
  readonly #record: (entry: OutboxEntry) => void;
  readonly #wakeBy: (at: number) => void;
  readonly #visits: Map<string, Visit>;

  constructor(sql: SqlStorage, { record, wakeBy }: Pick<Hall, "record" | "wakeBy">) {
    this.#sql = sql;
    this.#record = record;
    this.#wakeBy = wakeBy;
    sql.exec(`create table if not exists visits (
      id text primary key, agent text not null, via text not null, joined_at integer not null, since integer not null,
      messages integer not null, effects integer not null, away_since integer) without rowid`);
    const rows = sql.exec<Row>("select * from visits").toArray();
    this.#visits = new Map(
      rows.map(({ agent: agentId, joined_at: joinedAt, away_since: awaySince, ...row }) => [
        keyOf(row.via, agentId),
        { ...row, agentId, joinedAt, awaySince },
      ]),
    );
  }

  /** The agent is here: its visit goes on, or begins. */
  enter(roomId: string, via: Via, agentId: string, head: number, now: number): Visit {
    const running = this.#visits.get(keyOf(via, agentId));
    if (running !== undefined && !isOver(running, now)) {
      if (via === "socket") this.#away(running, null);
      else if ((running.awaySince ?? 0) < now - callNotedMs) this.#away(running, now);
      return running;
    }
    if (running !== undefined) this.#end(roomId, running, now);
    const visit: Visit = {
      id: newId("roomVisit"),
      agentId,
      via,
      joinedAt: now,
      since: head,
      messages: 0,
      effects: 0,
      awaySince: via === "socket" ? null : now,
    };
    this.#visits.set(keyOf(via, agentId), visit);
    this.#sql.exec("insert into visits values (?, ?, ?, ?, ?, 0, 0, ?)", visit.id, agentId, via, now, head, visit.awaySince);
    if (via === "http") this.#wakeBy(now + graceMs.http);
    const change = { roomId, agentId, visitId: visit.id, via, joinedAt: new Date(now).toISOString() };
    this.#record({
      id: newId("auditEvent"),
      action: "room.joined",
      resource: roomId,
      actor: `agent:${agentId}`,
      change,
      data: null,
      at: now,
    });
    return visit;
  }

  find(via: Via, agentId: string): Visit | undefined {
    return this.#visits.get(keyOf(via, agentId));
  }

  /** The agent's last socket has gone. */
  leave(agentId: string, now: number): void {
    const visit = this.#visits.get(keyOf("socket", agentId));
    if (visit !== undefined) this.#away(visit, now);
  }

  countMessage(visit: Visit, sideEffect: boolean): void {
    visit.messages += 1;
    if (sideEffect) visit.effects += 1;
    this.#sql.exec("update visits set messages = ?, effects = ? where id = ?", visit.messages, visit.effects, visit.id);
  }

  /** Ends at once what would otherwise wait for the agent to come back. */
  endOf(roomId: string, agentId: string, now: number): void {
    for (const via of ["socket", "http"] as const) {
      const visit = this.#visits.get(keyOf(via, agentId));
      if (visit !== undefined && visit.awaySince !== null) this.#end(roomId, visit, now);
    }
  }

  endAll(roomId: string, now: number): void {
    for (const visit of this.#visits.values()) this.#end(roomId, visit, now);
  }

  endDue(roomId: string, now: number): void {
    for (const visit of this.#visits.values()) if (isOver(visit, now)) this.#end(roomId, visit, now);
  }

  /** After the object was away: sockets that went with it have left. */
  recall(present: ReadonlySet<string>, now: number): void {
    for (const visit of this.#visits.values())
      if (visit.via === "socket" && visit.awaySince === null && !present.has(visit.agentId)) this.#away(visit, now);
  }

  nextDue(): number | undefined {
    const ends = [...this.#visits.values()].flatMap(({ via, awaySince }) => (awaySince === null ? [] : [awaySince + graceMs[via]]));
    return ends.length === 0 ? undefined : Math.min(...ends);
  }

  #away(visit: Visit, at: number | null): void {
    if (visit.awaySince === at) return;
    visit.awaySince = at;
    this.#sql.exec("update visits set away_since = ? where id = ?", at, visit.id);
    if (at !== null) this.#wakeBy(at + graceMs[visit.via]);
  }

  #end(roomId: string, visit: Visit, now: number): void {
    const { id, agentId, via, messages, effects } = visit;
    this.#visits.delete(keyOf(via, agentId));
    this.#sql.exec("delete from visits where id = ?", id);
    const [joinedAt, leftAt] = [visit.joinedAt, visit.awaySince ?? now].map((at) => new Date(at).toISOString());
    const change = { roomId, agentId, visitId: id, via, joinedAt, leftAt, messages, effects };
    this.#record({
      id: newId("auditEvent"),
      action: "room.left",
      resource: roomId,
      actor: `agent:${agentId}`,
      change,
      data: change,
      at: now,
    });
  }
}

const keyOf = (via: Via, agentId: string): string => `${via}|${agentId}`;
const isOver = ({ via, awaySince }: Visit, now: number): boolean => awaySince !== null && awaySince + graceMs[via] <= now;
