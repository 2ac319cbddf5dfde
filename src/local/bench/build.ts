import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { projectRoot } from "../data-dir.ts";
import { runWrangler } from "../run-wrangler.ts";
import { compatibilityDate, type Scripts } from "./workerd-config.ts";

const outDir = join(projectRoot, "dist", "bench");

/** Bundles the API as a deployment would, minified, and the Workers that it is compared with in the same way. */
export async function buildWorkers(): Promise<Scripts> {
  await mkdir(outDir, { recursive: true });
  await runWrangler(["deploy", "--dry-run", "--minify", "--outdir", join(outDir, "api")], "The Worker could not be built:");
  const [baseline, bareRoom, probe, stubs] = await Promise.all([bundle("baseline"), bundle("bare-room"), bundle("probe"), bundle("stubs")]);
  return { api: join(outDir, "api", "worker.js"), baseline, bareRoom, probe, stubs };
}

async function bundle(name: string): Promise<string> {
  const main = fileURLToPath(new URL(`${name}.worker.ts`, import.meta.url).href);
  const config = join(outDir, `${name}.json`);
  await writeFile(config, JSON.stringify({ name, main, compatibility_date: compatibilityDate() }));
  const args = ["deploy", "--dry-run", "--minify", "--outdir", join(outDir, name), "--config", config];
  await runWrangler(args, `The bench's ${name} Worker could not be built:`);
  return join(outDir, name, `${name}.worker.js`);
}

/** The bundle's size after gzip, in KiB. */
export const gzipKib = async (script: string): Promise<number> => gzipSync(await readFile(script)).byteLength / 1024;

/** CPU that starting the Worker takes, in milliseconds, as `wrangler check startup` measures it on this machine. */
export async function startUpMs(): Promise<number> {
  const args = ["check", "startup", "--args=--minify", "--outfile", join(outDir, "startup.cpuprofile")];
  const said = await runWrangler(args, "wrangler could not measure the Worker's start:");
  const [, active] = /Active: ([\d.]+) ms/.exec(said) ?? [];
  if (active === undefined) throw new Error(`wrangler check startup said no time: ${said}`);
  return Number(active);
}
