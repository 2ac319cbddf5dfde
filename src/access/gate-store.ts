import type { SecurityEventKind } from "../db/schema/security-events.ts";

export type Block = { readonly at: number; readonly size: number };
export type Restriction = { readonly keyId: string; readonly kind: "revoked" | "rotated"; readonly diesAt: number; readonly since: number };
export type IdempotencyRow = { readonly fingerprint: string; readonly state: "open" | "done"; readonly at: number };
export type SecurityCount = {
  readonly kind: SecurityEventKind;
  readonly credential: string;
  readonly minute: number;
  readonly count: number;
};

/** Blocks kept: a window of 60 s touches at most 61 of them. */
const keptBlocks = 64;

const tables = `
  create table if not exists block_ring (slot integer primary key, n integer not null, at integer not null, size integer not null);
  create table if not exists restrictions (key_id text primary key, kind text not null, dies_at integer not null, since integer not null);
  create table if not exists idempotency (
    actor text not null, operation text not null, key text not null, fingerprint text not null, state text not null, at integer not null,
    primary key (actor, operation, key));
  create index if not exists idempotency_age on idempotency (at);
  create table if not exists security (minute integer, kind text, credential text, count integer not null, primary key (minute, kind, credential));
  create table if not exists last_used (key_id text primary key, at integer not null);
  create table if not exists touched (id integer primary key, at integer not null);`;

/** The gate's durable memory: the object's own SQLite. A write here holds back the answer until it is safe. */
export class GateStore {
  readonly #sql: SqlStorage;
  /** Blocks written so far, by this object and those before it. */
  #blockCount: number;

  constructor(storage: DurableObjectStorage) {
    this.#sql = storage.sql;
    this.#sql.exec(tables);
    this.#blockCount = this.#sql.exec<{ n: number }>("select coalesce(max(n), 0) as n from block_ring").one().n;
  }

  /** The newest blocks, oldest first. */
  blocks(): Block[] {
    return this.#sql.exec<{ at: number; size: number }>("select at, size from block_ring order by n").toArray();
  }

  addBlock(at: number, size: number): void {
    const n = (this.#blockCount += 1);
    this.#sql.exec("insert or replace into block_ring (slot, n, at, size) values (?, ?, ?, ?)", n % keptBlocks, n, at, size);
  }

  /** Proves that this object is still the one that may write: a replaced one fails here. */
  touch(at: number): void {
    this.#sql.exec("insert or replace into touched (id, at) values (1, ?)", at);
  }

  restrictions(): Restriction[] {
    return this.#sql.exec<Restriction>('select key_id as "keyId", kind, dies_at as "diesAt", since from restrictions').toArray();
  }

  /** Keeps the earlier death where there is one already; a revocation stays one. */
  restrict({ keyId, kind, diesAt, since }: Restriction): Restriction {
    const query = `insert into restrictions (key_id, kind, dies_at, since) values (?, ?, ?, ?)
       on conflict (key_id) do update set
         kind = case when 'revoked' in (kind, excluded.kind) then 'revoked' else kind end,
         dies_at = min(dies_at, excluded.dies_at), since = max(since, excluded.since)
       returning key_id as "keyId", kind, dies_at as "diesAt", since`;
    return this.#sql.exec<Restriction>(query, keyId, kind, diesAt, since).one();
  }

  lift(keyId: string): void {
    this.#sql.exec("delete from restrictions where key_id = ?", keyId);
  }

  idempotency(actor: string, operation: string, key: string): IdempotencyRow | undefined {
    const query = "select fingerprint, state, at from idempotency where actor = ? and operation = ? and key = ?";
    return this.#sql.exec<IdempotencyRow>(query, actor, operation, key).toArray()[0];
  }

  openIdempotency(actor: string, operation: string, key: string, fingerprint: string, at: number): void {
    this.#sql.exec("insert or replace into idempotency values (?, ?, ?, ?, 'open', ?)", actor, operation, key, fingerprint, at);
  }

  endIdempotency(actor: string, operation: string, key: string, done: boolean): void {
    const end = done ? "update idempotency set state = 'done'" : "delete from idempotency";
    this.#sql.exec(`${end} where actor = ? and operation = ? and key = ? and state = 'open'`, actor, operation, key);
  }

  /** Forgets what is older, a bounded number at a time; returns how old the oldest left is. */
  forgetIdempotencyBefore(at: number): number | undefined {
    this.#sql.exec("delete from idempotency where rowid in (select rowid from idempotency where at < ? order by at limit 5000)", at);
    return this.#sql.exec<{ at: number }>("select at from idempotency order by at limit 1").toArray()[0]?.at;
  }

  security(): SecurityCount[] {
    return this.#sql.exec<SecurityCount>("select minute, kind, credential, count from security").toArray();
  }

  keepSecurity({ minute, kind, credential, count }: SecurityCount): void {
    this.#sql.exec(
      "insert or replace into security (minute, kind, credential, count) values (?, ?, ?, ?)",
      minute,
      kind,
      credential,
      count,
    );
  }

  forgetSecurityBefore(minute: number): void {
    this.#sql.exec("delete from security where minute < ?", minute);
  }

  lastUsed(): Map<string, number> {
    const rows = this.#sql.exec<{ key_id: string; at: number }>("select key_id, at from last_used").toArray();
    return new Map(rows.map((row) => [row.key_id, row.at]));
  }

  keepLastUsed(keyId: string, at: number): void {
    this.#sql.exec("insert or replace into last_used (key_id, at) values (?, ?)", keyId, at);
  }
}
