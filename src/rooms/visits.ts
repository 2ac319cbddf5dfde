import { z } from "zod";
import { covers } from "../access/room-capability.ts";
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
  /** Patterns that the agent was allowed to hear, each with the newest message when it first was. */
  hears: Record<string, number>;
  messages: number;
  effects: number;
  /** When the agent was last here; null while it has a socket. */
  awaySince: number | null;
};

/** An agent that comes back so soon goes on with its visit: one that reconnects all the time costs the log two events, not two a time. */
const graceMs: Readonly<Record<Via, number>> = { socket: 60_000, http: 300_000 };
/** How old the stored time of an agent's last call may be. */
const callNotedMs = 30_000;
/** More patterns than so many are remembered of no visit: three tokens that have nothing in common. */
const mostHeard = 48;
const Heard = z.record(z.string(), z.number());

type Row = {
  id: string;
  agent: string;
  via: Via;
  joined_at: number;
  hears: string;
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
      id text primary key, agent text not null, via text not null, joined_at integer not null, hears text not null,
      messages integer not null, effects integer not null, away_since integer) without rowid`);
    const rows = sql.exec<Row>("select * from visits").toArray();
    this.#visits = new Map(
      rows.map(({ agent: agentId, joined_at: joinedAt, away_since: awaySince, hears, ...row }) => [
        keyOf(row.via, agentId),
        { ...row, agentId, joinedAt, awaySince, hears: Heard.parse(JSON.parse(hears)) },
      ]),
    );
  }

  /** The agent is here: its visit goes on, or begins. */
  enter(roomId: string, via: Via, agentId: string, now: number): Visit {
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
      hears: {},
      messages: 0,
      effects: 0,
      awaySince: via === "socket" ? null : now,
    };
    this.#visits.set(keyOf(via, agentId), visit);
    this.#sql.exec("insert into visits values (?, ?, ?, ?, '{}', 0, 0, ?)", visit.id, agentId, via, now, visit.awaySince);
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

  /** From here on the agent's sockets may hear these patterns; those that they were allowed before, they go on hearing. */
  hear(agentId: string, patterns: readonly string[], head: number): void {
    const visit = this.#visits.get(keyOf("socket", agentId));
    const fresh = patterns.filter((pattern) => this.heardSince(agentId, pattern) === undefined);
    if (visit === undefined || fresh.length === 0) return;
    const all = [...Object.entries(visit.hears), ...fresh.map((pattern) => [pattern, head] as const)];
    visit.hears = Object.fromEntries(all.slice(-mostHeard));
    this.#sql.exec("update visits set hears = ? where id = ?", JSON.stringify(visit.hears), visit.id);
  }

  /** The newest message when the agent, in this visit, was first allowed to hear all that the pattern stands for; undefined where it never was. */
  heardSince(agentId: string, pattern: string): number | undefined {
    const heard = Object.entries(this.#visits.get(keyOf("socket", agentId))?.hears ?? {});
    const since = heard.flatMap(([held, from]) => (covers(held, pattern) ? [from] : []));
    return since.length === 0 ? undefined : Math.min(...since);
  }

  /** The agent's last socket has gone. */
  leave(agentId: string, now: number): void {
    const visit = this.#visits.get(keyOf("socket", agentId));
    if (visit !== undefined) this.#away(visit, now);
  }

  countMessage(visit: Visit, sideEffect: boolean): void {
    const [messages, effects] = [visit.messages + 1, visit.effects + (sideEffect ? 1 : 0)];
    this.#sql.exec("update visits set messages = ?, effects = ? where id = ?", messages, effects, visit.id);
    [visit.messages, visit.effects] = [messages, effects];
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
