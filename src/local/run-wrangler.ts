import { spawn } from "node:child_process";
import { join } from "node:path";
import { projectRoot } from "./data-dir.ts";
import { PlainFailure } from "./plain-failure.ts";

// No banner, no look-up of newer versions, no log files, no colours, no questions.
const quiet = { WRANGLER_HIDE_BANNER: "true", WRANGLER_SEND_METRICS: "false", WRANGLER_WRITE_LOGS: "false", FORCE_COLOR: "0", CI: "true" };

/** Runs wrangler in the project, and answers with what it said; `otherwise` is the sentence for when it fails. */
export async function runWrangler(args: readonly string[], otherwise: string): Promise<string> {
  const wrangler = join(projectRoot, "node_modules", "wrangler", "bin", "wrangler.js");
  const child = spawn(process.execPath, [wrangler, ...args], {
    cwd: projectRoot,
    env: { ...process.env, ...quiet },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
  const said = Buffer.concat(chunks).toString("utf8");
  if (code !== 0) throw new PlainFailure(`${otherwise}\n${said}`);
  return said;
}
