import { join } from "node:path";
import { dataDir, lockDataDir } from "./data-dir.ts";
import { openEmbedded, openExternal, type LocalDatabase } from "./database.ts";
import { migrateDatabase } from "./migrate.ts";
import { PlainFailure } from "./plain-failure.ts";
import { keepSecrets, type Secrets } from "./secrets.ts";

export type Installation = {
  readonly folder: string;
  readonly secrets: Secrets;
  readonly database: LocalDatabase;
  readonly close: () => Promise<void>;
};

/** Opens this machine's installation for this process alone; undefined where another process has it open. */
export async function openInstallation(): Promise<Installation | undefined> {
  const folder = dataDir();
  const lock = await lockDataDir(folder);
  if (lock === undefined) return undefined;
  try {
    const secrets = await keepSecrets(folder);
    const database = await openDatabase(folder);
    await migrateDatabase(database.pool);
    const close = async (): Promise<void> => {
      await database.close();
      lock.release();
    };
    return { folder, secrets, database, close };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** The database that DATABASE_URL names, as its owner; else the embedded one in the folder. */
async function openDatabase(folder: string): Promise<LocalDatabase> {
  const databaseUrl = process.env["DATABASE_URL"];
  if (databaseUrl === undefined || databaseUrl === "") return openEmbedded({ dataDir: join(folder, "postgres-18") });
  const database = openExternal(databaseUrl);
  try {
    await database.pool.query("select 1");
    return database;
  } catch (error) {
    await database.close();
    const reason = error instanceof Error ? error.message : String(error);
    throw new PlainFailure(
      `The database of DATABASE_URL does not answer: ${reason}. Please check the address, or unset it to use the embedded one.`,
    );
  }
}
