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

/** The gate's durable memory: the object's own SQLite. A write here holds back the answer until it is safe. */
export function gateStore(storage: DurableObjectStorage) {
  const { sql } = storage;
  sql.exec(`
    create table if not exists blocks (n integer primary key, at integer not null, size integer not null);
    create table if not exists restrictions (key_id text primary key, kind text not null, dies_at integer not null, since integer not null);
    create table if not exists idempotency (
      actor text not null, operation text not null, key text not null, fingerprint text not null, state text not null, at integer not null,
      primary key (actor, operation, key));
    create index if not exists idempotency_age on idempotency (at);
    create table if not exists security (minute integer, kind text, credential text, count integer not null, primary key (minute, kind, credential));
    create table if not exists last_used (key_id text primary key, at integer not null);
    create table if not exists touched (id integer primary key, at integer not null);
  `);
  return {
    blocks: (): Block[] => sql.exec<{ at: number; size: number }>("select at, size from blocks order by n").toArray(),
    addBlock: (at: number, size: number): void => {
      sql.exec("insert into blocks (n, at, size) select coalesce(max(n), 0) + 1, ?, ? from blocks", at, size);
      sql.exec(`delete from blocks where n <= (select max(n) from blocks) - ${keptBlocks}`);
    },
    /** Proves that this object is still the one that may write: a replaced one fails here. */
    touch: (at: number): void => void sql.exec("insert or replace into touched (id, at) values (1, ?)", at),

    restrictions: (): Restriction[] =>
      sql.exec<Restriction>('select key_id as "keyId", kind, dies_at as "diesAt", since from restrictions').toArray(),
    restrict: ({ keyId, kind, diesAt, since }: Restriction): void =>
      void sql.exec(
        `insert into restrictions (key_id, kind, dies_at, since) values (?, ?, ?, ?)
         on conflict (key_id) do update set kind = excluded.kind, since = excluded.since, dies_at = excluded.dies_at where excluded.dies_at < dies_at`,
        keyId,
        kind,
        diesAt,
        since,
      ),
    lift: (keyId: string): void => void sql.exec("delete from restrictions where key_id = ?", keyId),

    idempotency: (actor: string, operation: string, key: string): IdempotencyRow | undefined =>
      sql
        .exec<IdempotencyRow>(
          "select fingerprint, state, at from idempotency where actor = ? and operation = ? and key = ?",
          actor,
          operation,
          key,
        )
        .toArray()[0],
    openIdempotency: (actor: string, operation: string, key: string, fingerprint: string, at: number): void =>
      void sql.exec("insert or replace into idempotency values (?, ?, ?, ?, 'open', ?)", actor, operation, key, fingerprint, at),
    endIdempotency: (actor: string, operation: string, key: string, done: boolean): void =>
      void sql.exec(
        done
          ? "update idempotency set state = 'done' where actor = ? and operation = ? and key = ?"
          : "delete from idempotency where actor = ? and operation = ? and key = ? and state = 'open'",
        actor,
        operation,
        key,
      ),
    forgetIdempotencyBefore: (at: number): void => void sql.exec("delete from idempotency where at < ?", at),

    security: (): SecurityCount[] => sql.exec<SecurityCount>("select minute, kind, credential, count from security").toArray(),
    keepSecurity: (row: SecurityCount): void =>
      void sql.exec(
        "insert or replace into security (minute, kind, credential, count) values (?, ?, ?, ?)",
        row.minute,
        row.kind,
        row.credential,
        row.count,
      ),
    forgetSecurityBefore: (minute: number): void => void sql.exec("delete from security where minute < ?", minute),

    lastUsed: (): Map<string, number> =>
      new Map(
        sql
          .exec<{ key_id: string; at: number }>("select key_id, at from last_used")
          .toArray()
          .map((row) => [row.key_id, row.at]),
      ),
    keepLastUsed: (keyId: string, at: number): void =>
      void sql.exec("insert or replace into last_used (key_id, at) values (?, ?)", keyId, at),
  };
}

export type GateStore = ReturnType<typeof gateStore>;
