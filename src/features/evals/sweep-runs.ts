import { openSystemDb } from "../../access/system-principal.ts";
import type { Environment } from "../../env.ts";
import { describeFault } from "../../platform/describe-fault.ts";
import { log } from "../../platform/logger.ts";
import { terminateInstance } from "./cancel-run.ts";
import { closeRun, type Ending } from "./close-run.ts";
import type { LoadedRun } from "./load-run.ts";
import { judgeStillness, mayLive, type InstanceState } from "./run-liveness.ts";
import { launchRun } from "./start-run.ts";
import type { ReasonCode } from "./run.ts";
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
  const reasonCodes: readonly ReasonCode[] = action === "give_up" ? ["timed_out"] : [];
  const decide = (loaded: LoadedRun): Ending | null => {
    if (loaded.run.status !== run.status || loaded.run.recordedCases !== run.recordedCases) return null;
    return { status: loaded.recorded.length === 0 ? "errored" : "partial", reasonCodes };
  };
  await closeRun({ env, tenant, action: "run.finished", now, decide }, runId);
  if (mayLive(state)) await terminateInstance(env, runId);
}

const over: ReadonlySet<string> = new Set(["complete", "errored", "terminated"]);

type Instance = { readonly state: InstanceState; readonly restart: () => Promise<void> };
const noInstance = { restart: () => Promise.resolve() };

/** How the workflow engine sees a run. An instance that it does not know was never made, or is long gone. */
async function findInstance(env: Environment, runId: string): Promise<Instance> {
  try {
    const instance = await env.bindings.EVAL_RUN.get(runId);
    const { status } = await instance.status();
    return { state: over.has(status) ? "over" : "alive", restart: () => instance.restart() };
  } catch (fault) {
    if (isNotFound(fault)) return { ...noInstance, state: "missing" };
    log("warn", "run_instance_unknown", { runId, fault: describeFault(fault) });
    return { ...noInstance, state: "unknown" };
  }
}

/** The engine's errors have no code but the one in their text. */
const isNotFound = (fault: unknown): boolean => fault instanceof Error && /\binstance\.not_found\b/.test(fault.message);
