import { copyFile, mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);
const bundle = new URL("node_modules/@scalar/api-reference/dist/browser/standalone.js", root);
const assets = new URL("dist/assets/", root);

/** Puts what the Worker's ASSETS binding serves where wrangler.toml says: the API reference's browser bundle. */
export async function buildAssets(): Promise<void> {
  await mkdir(assets, { recursive: true });
  await copyFile(bundle, new URL("scalar.js", assets));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildAssets();
