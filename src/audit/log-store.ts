import { appendLeaves } from "./transparency/append-leaves.ts";
import type { ReadTile } from "./transparency/tile-tree.ts";
import type { Hash } from "./transparency/tree-hash.ts";
import type { LogStop } from "./log-fault.ts";

/** A checkpoint that the log has signed; from then on the log may sign nothing that does not agree with it. */
export type SignedCheckpoint = {
  readonly size: number;
  readonly root: Hash;
  readonly kid: string;
  readonly note: string;
  /** Milliseconds since 1970. */
  readonly signedAt: number;
};

/** Tiles of a level are apart by more than any tree will ever have. */
const tileId = (level: number, index: number): number => level * 2 ** 45 + index;

/** The log's durable memory: the object's own SQLite. A write here holds back the answer until it is safe. */
export function logStore(storage: DurableObjectStorage) {
  const { sql } = storage;
  sql.exec(`
    create table if not exists tiles (id integer primary key, hashes blob not null);
    create table if not exists head (id integer primary key check (id = 1), size integer not null, checked integer not null);
    insert or ignore into head (id, size, checked) values (1, 0, 0);
    create table if not exists checkpoints (
      size integer primary key, root blob not null, kid text not null, note text not null, signed_at integer not null, published integer not null);
    create table if not exists stop (id integer primary key check (id = 1), reason text not null, seq integer not null, since integer not null);
  `);

  type CheckpointRow = { size: number; root: ArrayBuffer; kid: string; note: string; signed_at: number };
  const checkpoints = (tail: string): SignedCheckpoint[] =>
    sql
      .exec<CheckpointRow>(`select size, root, kid, note, signed_at from checkpoints ${tail}`)
      .toArray()
      .map(({ root, signed_at: signedAt, ...row }) => ({ ...row, root: new Uint8Array(root), signedAt }));
  const size = (): number => sql.exec<{ size: number }>("select size from head").one().size;
  const readTile: ReadTile = (level, index) => {
    const [tile] = sql.exec<{ hashes: ArrayBuffer }>("select hashes from tiles where id = ?", tileId(level, index)).toArray();
    return tile === undefined ? undefined : new Uint8Array(tile.hashes);
  };

  return {
    size,
    readTile,
    /** Appends leaves behind the first `from`, all or none; false where the log has grown since and they no longer belong there. */
    grow: (from: number, leaves: readonly Hash[]): boolean =>
      storage.transactionSync(() => {
        if (size() !== from) return false;
        for (const { level, index, hashes } of appendLeaves(readTile, from, leaves)) {
          sql.exec("insert or replace into tiles (id, hashes) values (?, ?)", tileId(level, index), hashes);
        }
        sql.exec("update head set size = ?", from + leaves.length);
        return true;
      }),

    /** How many leaves, from the first on, were last read again and compared. */
    checked: (): number => sql.exec<{ checked: number }>("select checked from head").one().checked,
    keepChecked: (leaves: number): void => void sql.exec("update head set checked = ?", leaves),

    signed: (): SignedCheckpoint | undefined => checkpoints("order by size desc limit 1")[0],
    unpublished: (): SignedCheckpoint[] => checkpoints("where published = 0 order by size"),
    keepSigned: ({ size: leaves, root, kid, note, signedAt }: SignedCheckpoint): void =>
      void sql.exec("insert into checkpoints values (?, ?, ?, ?, ?, 0)", leaves, root, kid, note, signedAt),
    /** Older ones stand in the database, and are forgotten here. */
    keepPublished: (leaves: number): void => {
      sql.exec("update checkpoints set published = 1 where size = ?", leaves);
      sql.exec("delete from checkpoints where published = 1 and size < ?", leaves);
    },

    stop: (): LogStop | undefined => sql.exec<LogStop>("select reason, seq, since from stop").toArray()[0],
    keepStop: ({ reason, seq, since }: LogStop): void =>
      void sql.exec("insert or replace into stop (id, reason, seq, since) values (1, ?, ?, ?)", reason, seq, since),
    resume: (): void => void sql.exec("delete from stop"),
  };
}

export type LogStore = ReturnType<typeof logStore>;
