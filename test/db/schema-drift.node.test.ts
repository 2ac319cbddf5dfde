import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { generateDrizzleJson, generateMigration } from "drizzle-kit/api";
import { expect, it } from "vitest";
import { projectRoot } from "../../src/local/data-dir.ts";
import { migrationsFolder } from "../../src/local/migrate.ts";

it("has a migration for everything that the schema says", async () => {
  const folder = join(projectRoot, "src", "db", "schema");
  const tables: Record<string, unknown> = {};
  for (const name of await readdir(folder)) Object.assign(tables, await import(join(folder, name)));
  const snapshots = (await readdir(join(migrationsFolder, "meta"))).filter((name) => name.endsWith("_snapshot.json")).toSorted();
  const newest = JSON.parse(await readFile(join(migrationsFolder, "meta", snapshots.at(-1) ?? ""), "utf8"));
  const statements = await generateMigration(newest, generateDrizzleJson(tables, newest.id, undefined, "snake_case"));
  expect(statements).toEqual([]);
});
