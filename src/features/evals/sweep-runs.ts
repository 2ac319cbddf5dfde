import { openSystemDb } from "../../access/system-principal.ts";
import type { Environment } from "../../env.ts";
import { describeFault } from "../../http/as-problem.ts";
import { log } from "../../platform/logger.ts";
import { terminateInstance } from "./cancel-run.ts";
import { closeRun, type Ending } from "./close-run.ts";
import type { LoadedRun } from "./load-run.ts";
import { judgeStillness, type InstanceState } from "./run-liveness.ts";
import { launchRun } from "./start-run.ts";
import { selectRun } from "./store.ts";

/** An open run that has not moved for a minute. */
export type StillRun = { readonly orgId: string; readonly runId: string };
export const sweepAfterMs = 60_000;

/** Restarts runs that never began, and closes those that died. One that fails does not keep the others. */
export async function sweepRuns(env: Environment, runs: readonly StillRun[], now: Date): Promise<void> {
  for (const { orgId, runId } of runs) {
    try {
      await sweepRun(env, orgId, runId, now);
    } catch (fault) {
      log("error", "run_not_swept", { runId, fault: describeFault(fault) });
    }
  }
}

async function sweepRun(env: Environment, orgId: string, runId: string, now: Date): Promise<void> {
  const tenant = openSystemDb(env, orgId, "system:run-sweep");
  const [[run]] = await tenant.read((db) => [selectRun(db, runId)]);
  if (run === undefined) return;
  const { state, restart } = await findInstance(env, runId);
  const action = judgeStillness(run, state, now);
  if (action === "wait") return;
  if (action === "launch") return state === "missing" ? await launchRun(env, orgId, runId) : await restart();
  const decide = (loaded: LoadedRun): Ending | null => {
    if (loaded.run.status !== run.status || loaded.run.recordedCases !== run.recordedCases) return null;
    return { status: loaded.recorded.length === 0 ? "errored" : "partial" };
  };
  await closeRun({ tenant, action: "run.finished", now, decide }, runId);
  if (state === "alive") await terminateInstance(env, runId);
}

const over: ReadonlySet<string> = new Set(["complete", "errored", "terminated"]);

/** How the workflow engine sees a run. An instance that it does not know was never made, or is long gone. */
async function findInstance(env: Environment, runId: string): Promise<{ state: InstanceState; restart: () => Promise<void> }> {
  try {
    const instance = await env.bindings.EVAL_RUN.get(runId);
    const { status } = await instance.status();
    return { state: over.has(status) ? "over" : "alive", restart: () => instance.restart() };
  } catch {
    return { state: "missing", restart: () => Promise.resolve() };
  }
}
