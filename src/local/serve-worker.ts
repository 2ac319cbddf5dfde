import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare, NoOpLog } from "miniflare";
import { unstable_getMiniflareWorkerOptions as readWranglerOptions } from "wrangler";
import { projectRoot } from "./data-dir.ts";
import { endWithUs } from "./end-with-us.ts";

type Service = {
  readonly script: string;
  readonly port: number;
  readonly bindings: Readonly<Record<string, string>>;
  /** Where Durable Objects and Workflows live on. */
  readonly persistDir: string;
  /** Where the Worker's log lines go. */
  readonly logFile: string;
};

/** What the workflow EvalRun is started with. */
export type OpenRun = { readonly orgId: string; readonly runId: string };

export type ServedWorker = {
  /**
   * Takes up eval runs that an earlier process left in the middle. Cloudflare's engine does so by itself; the local one has
   * all that it needs on disk, and waits to be told. What was recorded of a run is not done again.
   */
  readonly resumeRuns: (runs: readonly OpenRun[]) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** Runs the built Worker in Cloudflare's own runtime, with the bindings of wrangler.toml and its schedule. */
export async function serveWorker({ script, port, bindings, persistDir, logFile }: Service): Promise<ServedWorker> {
  const { workerOptions } = readWranglerOptions(join(projectRoot, "wrangler.toml"));
  const log = createWriteStream(logFile, { flags: "w", mode: 0o600 });
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: "127.0.0.1",
      port,
      cf: false,
      log: new NoOpLog(),
      telemetry: { enabled: false },
      resourcePersistencePath: persistDir,
      handleStructuredLogs: ({ message }) => log.write(`${message}\n`),
      workers: [
        {
          ...workerOptions,
          name: "armalo",
          modules: [{ type: "ESModule", path: script }],
          bindings,
        },
      ],
    }),
  );
  await miniflare.ready;
  const callOff = await endWithUs("workerd");
  const schedule = setInterval(() => void runSchedule(miniflare), 60_000);
  return {
    resumeRuns: async (runs) => {
      const { EVAL_RUN: workflow } = await miniflare.getBindings<{ readonly EVAL_RUN: Workflow<OpenRun> }>();
      await Promise.allSettled(runs.map((run) => restartOrBegin(workflow, run)));
    },
    close: async () => {
      clearInterval(schedule);
      await miniflare.dispose();
      callOff();
      log.end();
    },
  };
}

async function restartOrBegin(workflow: Workflow<OpenRun>, run: OpenRun): Promise<void> {
  const instance = await workflow.get(run.runId).catch(() => undefined);
  if (instance === undefined) await workflow.create({ id: run.runId, params: run });
  else await instance.restart();
}

/** The minute's cron trigger; what fails in it stands in the Worker's own log. */
async function runSchedule(miniflare: Miniflare): Promise<void> {
  try {
    const worker = await miniflare.getWorker();
    await worker.scheduled({ cron: "* * * * *" });
  } catch {
    // The next minute tries again.
  }
}
