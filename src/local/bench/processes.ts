import { fork, spawn, type ChildProcess } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { endWithUs } from "../end-with-us.ts";
import { socketNames, type SocketName } from "./workerd-config.ts";

/** The binary itself, not npm's launcher, whose process would hide it; the one that Miniflare brings. */
function workerdPath(): string {
  const miniflare = createRequire(import.meta.url).resolve("miniflare");
  return z.object({ default: z.string() }).parse(createRequire(miniflare)("workerd")).default;
}

export type SqlDoor = z.output<typeof SqlDoor>;
const SqlDoor = z.object({ endpoint: z.string(), connectionString: z.string() });

export type ChainDoor = z.output<typeof ChainDoor>;
const ChainDoor = z.object({
  rpcUrl: z.url(),
  facilitatorUrl: z.url(),
  /** Of wallets that can pay; worth nothing elsewhere. */
  privateKeys: z.array(z.templateLiteral(["0x", z.string()])),
});
export type ReceiverDoor = z.output<typeof ReceiverDoor>;
const ReceiverDoor = z.object({ url: z.url() });
const Listening = z.object({ event: z.literal("listen"), socket: z.enum(socketNames), port: z.int() });

export type Workerd = {
  readonly origins: Readonly<Record<SocketName, string>>;
  /** CPU that the process has used so far, in milliseconds; NaN where the system does not say. */
  readonly cpuMs: () => Promise<number>;
};

const started: ChildProcess[] = [];

/** Ends what was started here, whatever happened; synchronous, so that it also runs when the process is on its way out. */
export function stopProcesses(): void {
  for (const child of started.splice(0)) child.kill("SIGKILL");
}

/** Serves the database's `/sql` door from a process of its own, so that it does not share the load generator's thread. */
export const startSqlDoor = (databaseUrl: string): Promise<SqlDoor> =>
  startDoor(new URL("serve-sql.ts", import.meta.url), SqlDoor, { DATABASE_URL: databaseUrl });

/** Starts a chain and its facilitator, likewise. */
export const startChainDoor = (): Promise<ChainDoor> => startDoor(new URL("serve-chain.ts", import.meta.url), ChainDoor, {});

/** Starts a receiver of webhooks, which also shows the keys of who signs people's sessions. */
export const startReceiverDoor = (jwks: string): Promise<ReceiverDoor> =>
  startDoor(new URL("serve-receiver.ts", import.meta.url), ReceiverDoor, { JWKS: jwks });

function startDoor<Door>(script: URL, door: z.ZodType<Door>, settings: Record<string, string>): Promise<Door> {
  const child = fork(fileURLToPath(script.href), [], {
    env: { ...process.env, ...settings },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  started.push(child);
  return new Promise((resolve, reject) => {
    child.once("message", (message) => resolve(door.parse(message)));
    child.once("exit", () => reject(new Error(`${script.pathname} ended at its start`)));
  });
}

/** Starts `workerd serve` and waits until each of its sockets listens. Its log, a line a request, goes nowhere. */
export async function startWorkerd(config: string): Promise<Workerd> {
  const child = spawn(workerdPath(), ["serve", config, "--control-fd=3"], { stdio: ["ignore", "ignore", "pipe", "pipe"] });
  started.push(child);
  await endWithUs("workerd");
  const said: string[] = [];
  child.stderr?.on("data", (chunk: Buffer) => said.length < 20 && said.push(chunk.toString("utf8")));
  const ports = new Map<SocketName, number>();
  await new Promise<void>((resolve, reject) => {
    child.once("exit", () => reject(new Error(`workerd ended at its start: ${said.join("")}`)));
    createInterface({ input: controlPipe(child) }).on("line", (line) => {
      const { socket, port } = Listening.parse(JSON.parse(line));
      ports.set(socket, port);
      if (ports.size === socketNames.length) resolve();
    });
  });
  const origin = (name: SocketName): string => `http://127.0.0.1:${ports.get(name)}`;
  const origins = { api: origin("api"), baseline: origin("baseline"), bareRoom: origin("bareRoom"), probe: origin("probe") };
  return { origins, cpuMs: () => cpuMs(child.pid) };
}

/** The fourth stream was asked for as a pipe, which spawn's type forgets. */
function controlPipe(child: ChildProcess): Readable {
  const pipe = child.stdio[3];
  if (!(pipe instanceof Readable)) throw new Error("workerd has no control pipe");
  return pipe;
}

/** Linux counts in ticks of 10 ms (proc_pid_stat(5)); the name in parentheses may hold spaces. */
async function cpuMs(pid: number | undefined): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
