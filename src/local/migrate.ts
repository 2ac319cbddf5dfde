import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import type pg from "pg";

export const migrationsFolder = fileURLToPath(new URL("../../migrations", import.meta.url).href);

/** Brings a database to the newest migration, as its owner; all of what is missing or none of it. */
export const migrateDatabase = (pool: pg.Pool): Promise<void> => migrate(drizzle(pool), { migrationsFolder });
