import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openEmbedded } from "../../src/local/database.ts";
import { migrateDatabase, migrationsFolder } from "../../src/local/migrate.ts";

const cacheFolder = fileURLToPath(new URL("../../node_modules/.cache/armalo/", import.meta.url).href);
const engineFolder = fileURLToPath(new URL("../../node_modules/@electric-sql/pglite/", import.meta.url).href);

/** A migrated database in memory. A cold boot takes seconds, so its dump is kept, under the digest of all that made it. */
export async function openTestDatabase(): Promise<Awaited<ReturnType<typeof openEmbedded>>> {
  const file = join(cacheFolder, `${await digestOfMigrations()}.tar.gz`);
  const dump = await readFile(file).catch(() => undefined);
  if (dump !== undefined) return openEmbedded({ dataDir: "memory://", template: new Blob([dump]) });
  const database = await openEmbedded({ dataDir: "memory://" });
  await migrateDatabase(database.pool);
  const fresh = await database.engine.dumpDataDir("gzip");
  await mkdir(cacheFolder, { recursive: true });
  const partial = `${file}.${process.pid}`;
  await writeFile(partial, new Uint8Array(await fresh.arrayBuffer()));
  await rename(partial, file);
  return database;
}

async function digestOfMigrations(): Promise<string> {
  const digest = createHash("sha256").update(await readFile(join(engineFolder, "package.json")));
  const names = await readdir(migrationsFolder, { recursive: true });
  for (const name of names.filter((name) => /\.(sql|json)$/.test(name)).toSorted()) {
    digest.update(name).update(await readFile(join(migrationsFolder, name)));
  }
  return digest.digest("hex").slice(0, 32);
}
