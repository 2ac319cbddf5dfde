import type { JsonValue } from "../crypto/canonical-json.ts";
import { chainStart, messageDigest, newSalt } from "../crypto/room-chain.ts";
import { lastDropped, type Keep, type Mark } from "./retention.ts";

/** A message as it is kept: `at` in milliseconds since 1970, the body as JSON text. */
export type KeptMessage = {
  readonly seq: number;
  readonly topic: string;
  readonly from: string;
  readonly at: number;
  readonly body: string;
  readonly sideEffect: boolean;
  readonly salt: string;
  readonly previous: string;
  readonly digest: string;
};
export type Place = { readonly seq: number; readonly topic: string };
export type NewMessage = {
  readonly topic: string;
  readonly from: string;
  readonly body: JsonValue;
  readonly text: string;
  readonly sideEffect: boolean;
};
/** What a publisher's own identifier was used for: `content` is the digest of topic, body and flag. */
export type KnownMessage = { readonly seq: number; readonly digest: string; readonly content: string };

const tables = `
  create table if not exists messages (
    seq integer primary key, at integer not null, agent text not null, topic text not null, side_effect integer not null,
    total integer not null, digest text not null, previous text not null, salt text not null, body text not null);
  create table if not exists floor (id integer primary key check (id = 1), seq integer not null, digest text not null, at integer not null, total integer not null);
  create table if not exists message_ids (
    agent text not null, message_id text not null, seq integer not null, digest text not null, content text not null, at integer not null,
    primary key (agent, message_id)) without rowid;
  create index if not exists message_ids_order on message_ids (seq);
  create table if not exists dropped (seq integer primary key, at integer not null, agent text not null, side_effect integer not null);`;

type Row = Pick<KeptMessage, "seq" | "at" | "topic" | "digest" | "previous" | "salt" | "body"> & { agent: string; side_effect: number };
const toMessage = ({ agent, side_effect: sideEffect, ...row }: Row): KeptMessage => ({ ...row, from: agent, sideEffect: sideEffect === 1 });
const columns = "seq, at, agent, topic, side_effect, digest, previous, salt, body";

/** A publisher's own identifiers are remembered as long as their messages are kept, and at least so long. */
const idsKeptMs = 3_600_000;
const idsForgotten = 5_000;
/** Of what was dropped, it is remembered so long who published it. */
const droppedKnownMs = 60_000;

/** A room's messages, numbered and chained, in the object's own SQLite. What is written here is safe before anything that follows leaves it. */
export class MessageStore {
  readonly #sql: SqlStorage;
  #floor: Mark = { ...chainStart, at: 0, total: 0 };
  #head: Mark = this.#floor;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(tables);
    this.reread();
  }

  /** Takes both ends of the chain from what is stored. */
  reread(): void {
    const [floor] = this.#sql.exec<Mark>("select seq, digest, at, total from floor").toArray();
    if (floor !== undefined) this.#floor = floor;
    const [head] = this.#sql.exec<Mark>("select seq, digest, at, total from messages order by seq desc limit 1").toArray();
    this.#head = head ?? this.#floor;
  }

  /** The newest message, or where the chain begins. */
  get head(): Mark {
    return this.#head;
  }

  /** The newest message that was dropped, or where the chain begins: the oldest one kept is the next. */
  get floor(): Mark {
    return this.#floor;
  }

  get bytes(): number {
    return this.#head.total - this.#floor.total;
  }

  /** Numbers, chains and keeps a message. Its time never runs backwards. */
  append(room: string, { topic, from, body, text, sideEffect }: NewMessage, bytes: number, now: number): KeptMessage {
    const { seq: last, digest: previous, at: lastAt, total } = this.#head;
    const [seq, at] = [last + 1, Math.max(lastAt, now)];
    const salt = newSalt();
    const digest = messageDigest(room, { seq, topic, from, at: new Date(at).toISOString(), body, sideEffect, salt, previous });
    const sum = total + bytes;
    this.#sql.exec(
      "insert into messages (seq, at, agent, topic, side_effect, total, digest, previous, salt, body) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      seq,
      at,
      from,
      topic,
      sideEffect ? 1 : 0,
      sum,
      digest,
      previous,
      salt,
      text,
    );
    this.#head = { seq, digest, at, total: sum };
    return { seq, topic, from, at, body: text, sideEffect, salt, previous, digest };
  }

  knownAs(agentId: string, messageId: string): KnownMessage | undefined {
    const query = "select seq, digest, content from message_ids where agent = ? and message_id = ?";
    return this.#sql.exec<KnownMessage>(query, agentId, messageId).toArray()[0];
  }

  remember(messageId: string, { from, seq, digest, at }: KeptMessage, content: string): void {
    this.#sql.exec("insert into message_ids values (?, ?, ?, ?, ?, ?)", from, messageId, seq, digest, content, at);
  }

  /** Number and topic of what follows `seq`, in order. */
  placesAfter(seq: number, limit: number): Place[] {
    return this.#sql.exec<Place>("select seq, topic from messages where seq > ? order by seq limit ?", seq, limit).toArray();
  }

  read(seq: number): KeptMessage {
    return toMessage(this.#sql.exec<Row>(`select ${columns} from messages where seq = ?`, seq).one());
  }

  /** Who published when, from `sinceMs` on, which is at most a minute ago, oldest first; at most the newest `limit`. Dropped or not. */
  publishedSince(sinceMs: number, limit: number): { agent: string; at: number; sideEffect: number }[] {
    const from = this.#head.seq - limit;
    const query = (table: string): string => `select seq, agent, at, side_effect as "sideEffect" from ${table} where seq > ? and at > ?`;
    const both = `${query("dropped")} union all ${query("messages")} order by seq`;
    return this.#sql.exec<{ agent: string; at: number; sideEffect: number }>(both, from, sinceMs, from, sinceMs).toArray();
  }

  /** Drops what is not to be kept, and says how many. The chain can be verified from the oldest that is left. */
  retain(keep: Keep, now: number): number {
    const { seq: from } = this.#floor;
    const last = lastDropped(this.#floor, this.#head, keep, (seq) => this.#markOf(seq));
    if (last > from) {
      this.#floor = this.#markOf(last);
      const { seq, digest, at, total } = this.#floor;
      this.#sql.exec("insert or replace into floor (id, seq, digest, at, total) values (1, ?, ?, ?, ?)", seq, digest, at, total);
      this.#sql.exec("delete from dropped where at <= ?", now - droppedKnownMs);
      this.#sql.exec(
        "insert into dropped select seq, at, agent, side_effect from messages where seq <= ? and at > ?",
        seq,
        now - droppedKnownMs,
      );
      this.#sql.exec("delete from messages where seq <= ?", seq);
    }
    this.#forgetIds(now - idsKeptMs, idsForgotten + 2 * (last - from));
    return last - from;
  }

  /** Times grow with the numbers, so that what is too old stands first. `most` is more than came since the last time. */
  #forgetIds(before: number, most: number): void {
    const oldest = "select seq, at from message_ids where seq <= ? order by seq limit ?";
    const [first] = this.#sql.exec<{ at: number }>(oldest, this.#floor.seq, 1).toArray();
    if (first === undefined || first.at >= before) return;
    const last = `select max(seq) from (${oldest}) where at < ?`;
    this.#sql.exec(`delete from message_ids where seq <= (${last})`, this.#floor.seq, most, before);
  }

  /** When the oldest message kept was published; undefined where none is. */
  oldestAt(): number | undefined {
    return this.#head.seq === this.#floor.seq ? undefined : this.#markOf(this.#floor.seq + 1).at;
  }

  #markOf(seq: number): Mark {
    return this.#sql.exec<Mark>("select seq, digest, at, total from messages where seq = ?", seq).one();
  }
}
