import { spawn } from "node:child_process";
import { join } from "node:path";
import { PlainFailure } from "./plain-failure.ts";
import { projectRoot } from "./data-dir.ts";

// No banner, no look-up of newer versions, no log files, no colours, no questions.
const quiet = { WRANGLER_HIDE_BANNER: "true", WRANGLER_SEND_METRICS: "false", WRANGLER_WRITE_LOGS: "false", FORCE_COLOR: "0", CI: "true" };

/** Bundles the Worker exactly as a deployment would, and answers where the script stands. */
export async function buildWorker(): Promise<string> {
  const outDir = join(projectRoot, "dist", "worker");
  const wrangler = join(projectRoot, "node_modules", "wrangler", "bin", "wrangler.js");
  const child = spawn(process.execPath, [wrangler, "deploy", "--dry-run", "--outdir", outDir], {
    cwd: projectRoot,
    env: { ...process.env, ...quiet },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => said.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
  if (code !== 0) throw new PlainFailure(`The Worker could not be built:\n${Buffer.concat(said).toString("utf8")}`);
  return join(outDir, "worker.js");
}
