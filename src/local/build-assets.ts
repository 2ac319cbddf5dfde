import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { projectRoot } from "./data-dir.ts";

/** Puts what the Worker's ASSETS binding serves where wrangler.toml says: the API reference's browser bundle. */
export async function buildAssets(): Promise<void> {
  const assets = join(projectRoot, "dist", "assets");
  await mkdir(assets, { recursive: true });
  await copyFile(
    join(projectRoot, "node_modules", "@scalar", "api-reference", "dist", "browser", "standalone.js"),
    join(assets, "scalar.js"),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildAssets();
