import { join } from "node:path";
import { projectRoot } from "./data-dir.ts";
import { runWrangler } from "./run-wrangler.ts";

/** Bundles the Worker exactly as a deployment would, and answers where the script stands. */
export async function buildWorker(outDir = join(projectRoot, "dist", "worker")): Promise<string> {
  await runWrangler(["deploy", "--dry-run", "--outdir", outDir], "The Worker could not be built:");
  return join(outDir, "worker.js");
}
