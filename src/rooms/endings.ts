import type { Ending } from "../access/room-control.ts";
import type { Pass } from "./member.ts";

type Row = { kind: Ending["kind"]; id: string; from: number; until: number | null };

const toRow = (ending: Ending): Row => {
  switch (ending.kind) {
    case "generation":
      return { kind: ending.kind, id: String(ending.upTo), from: 0, until: null };
    case "key":
      return ending;
    default:
      return { kind: ending.kind, id: ending.id, from: 0, until: ending.until };
  }
};

/** Who was shown the door, in the object's own SQLite: what is written here holds from the answer on, whatever dies. */
export class Endings {
  readonly #sql: SqlStorage;
  readonly #rows: Map<string, Row>;
  /** Tokens of this generation and of all before it are over. */
  #generation: number;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      "create table if not exists endings (kind text, id text, since integer not null, until integer, primary key (kind, id)) without rowid",
    );
    const rows = sql.exec<Row>('select kind, id, since as "from", until from endings').toArray();
    this.#rows = new Map(rows.map((row) => [keyOf(row.kind, row.id), row]));
    this.#generation = rows.reduce((most, { kind, id }) => (kind === "generation" ? Math.max(most, Number(id)) : most), 0);
  }

  /** Keeps the earlier beginning and the later end of two that are alike: asking twice lets nobody in. */
  add(ending: Ending): void {
    if (ending.kind === "generation") {
      if (ending.upTo <= this.#generation) return;
      this.#generation = ending.upTo;
      this.#sql.exec("delete from endings where kind = 'generation'");
    }
    const asked = toRow(ending);
    const known = this.#rows.get(keyOf(asked.kind, asked.id));
    const row = known === undefined ? asked : joined(known, asked);
    if (known !== undefined && row.from === known.from && row.until === known.until) return;
    this.#sql.exec("insert or replace into endings (kind, id, since, until) values (?, ?, ?, ?)", row.kind, row.id, row.from, row.until);
    this.#rows.set(keyOf(row.kind, row.id), row);
  }

  lift(kind: Ending["kind"], id: string): void {
    this.#sql.exec("delete from endings where kind = ? and id = ?", kind, id);
    this.#rows.delete(keyOf(kind, id));
  }

  /** From when on what the pass allows is over: 0 where it is over now, Infinity where nothing ends it. */
  endOf({ tokenId, agentId, keyId, generation }: Omit<Pass, "caps" | "expiresAt">, now: number): number {
    const named = [keyOf("token", tokenId), keyOf("agent", agentId), keyOf("archived_agent", agentId), keyOf("key", keyId)];
    if (generation <= this.#generation) return 0;
    const rows = named.flatMap((key) => this.#rows.get(key) ?? []);
    return rows.reduce((end, { from, until }) => (until === null || until > now ? Math.min(end, from) : end), Infinity);
  }

  /** Drops those that have passed. */
  forget(now: number): void {
    for (const { kind, id, until } of this.#rows.values()) if (until !== null && until <= now) this.lift(kind, id);
  }
}

const joined = (known: Row, asked: Row): Row => ({
  ...asked,
  from: Math.min(known.from, asked.from),
  until: known.until === null || asked.until === null ? null : Math.max(known.until, asked.until),
});

const keyOf = (kind: Ending["kind"], id: string): string => `${kind}|${id}`;
