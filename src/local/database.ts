import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import pg from "pg";

/** A PostgreSQL that this process may use as its owner. */
export type LocalDatabase = {
  readonly pool: pg.Pool;
  readonly close: () => Promise<void>;
};

type Embedding = {
  /** A folder, made where it is missing; or `memory://`. */
  readonly dataDir: string;
  /** A dump to begin from instead of an empty database. */
  readonly template?: Blob;
};

/**
 * The embedded PostgreSQL (PGlite, which is WebAssembly in this process), behind a socket in a folder that only this user can enter.
 * It is one session, so the pool has one connection: transactions must not interleave.
 */
export async function openEmbedded({ dataDir, template }: Embedding): Promise<LocalDatabase & { readonly engine: PGlite }> {
  // Small WAL segments: a fresh database boots in half the time and takes 16 MB less.
  const engine = await PGlite.create({
    dataDir,
    initDbStartParams: ["--wal-segsize=1"],
    ...(template ? { loadDataDir: template } : {}),
  });
  const socketDir = await mkdtemp(join(tmpdir(), "armalo-"));
  // A connection that ended in an error frees its place a moment later, hence more places than connections.
  const server = new PGLiteSocketServer({ db: engine, path: join(socketDir, ".s.PGSQL.5432"), maxConnections: 8 });
  await server.start();
  const pool = newPool({ host: socketDir, user: "postgres", database: "postgres", max: 1, idleTimeoutMillis: 0 });
  return {
    pool,
    engine,
    close: async () => {
      await pool.end();
      await server.stop();
      await engine.close();
      await rm(socketDir, { recursive: true, force: true });
    },
  };
}

/** A PostgreSQL that runs already; the address names its owner. */
export function openExternal(databaseUrl: string, max = 20): LocalDatabase {
  const pool = newPool({ connectionString: databaseUrl, max });
  return { pool, close: () => pool.end() };
}

function newPool(config: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool(config);
  // An idle connection that breaks is dropped by the pool; unheard, its event would end the process.
  pool.on("error", () => undefined);
  return pool;
}
