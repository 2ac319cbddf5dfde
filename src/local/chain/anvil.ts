import { spawn, type ChildProcess } from "node:child_process";
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import { endWithUs } from "../end-with-us.ts";
import { PlainFailure } from "../plain-failure.ts";

export type Anvil = { readonly rpcUrl: string; readonly close: () => Promise<void> };

const startsWithinMs = 15_000;
const architectures: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

/**
 * The program itself, which npm put beside its wrapper: a wrapper in between would survive us, or the chain would survive it.
 * @throws PlainFailure where this system has none.
 */
function findAnvil(): string {
  const name = `@foundry-rs/anvil-${process.platform}-${architectures[process.arch] ?? process.arch}`;
  const require = createRequire(import.meta.url);
  try {
    return createRequire(require.resolve("@foundry-rs/anvil/package.json")).resolve(`${name}/bin/anvil`);
  } catch {
    throw new PlainFailure(`The local chain needs ${name}, which is not installed: please run \`npm ci\`. (Not every system has one.)`);
  }
}

/**
 * Starts an empty chain on loopback, in memory alone; 0 is any free port. It ends by its process id, and with this process.
 * @throws PlainFailure where it does not start, as on a port in use.
 */
export async function startAnvil(options: { readonly port: number; readonly chainId: number }): Promise<Anvil> {
  // No page that a browser shows may speak to it; and of old states only so many stay, so that it can run for days.
  const limits = ["--no-cors", "--prune-history", "4096", "--transaction-block-keeper", "4096"];
  const args = ["--host", "127.0.0.1", "--port", String(options.port), "--chain-id", String(options.chainId), ...limits];
  const child = spawn(findAnvil(), args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"] },
  });
  const close = (): Promise<void> => end(child);
  try {
    const port = await listening(child);
    const callOff = await endWithUs("anvil");
    return { rpcUrl: `http://127.0.0.1:${port}`, close: () => close().finally(callOff) };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Resolves to the port that it says it listens on; what it says afterwards is read and dropped. */
async function listening(child: ChildProcess): Promise<number> {
  let said = "";
  const port = new Promise<number>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      said = (said + chunk.toString("utf8")).slice(-4000);
      const [, found] = /Listening on 127\.0\.0\.1:(\d+)/.exec(said) ?? [];
      if (found !== undefined) resolve(Number(found));
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.once("error", reject);
    child.once("exit", () => reject(new PlainFailure(`The local chain did not start: ${said.trim().split("\n").at(-1) ?? ""}`)));
  });
  const late = new AbortController();
  const tooLate = sleep(startsWithinMs, undefined, { signal: late.signal }).then(() => {
    throw new PlainFailure(`The local chain did not start within ${startsWithinMs / 1000} s.`);
  });
  tooLate.catch(() => undefined);
  return Promise.race([port, tooLate]).finally(() => late.abort());
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const over = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const kill = setTimeout(() => child.kill("SIGKILL"), 2000);
  await over;
  clearTimeout(kill);
}
