import { requireAgent } from "../../access/principal.ts";
import type { Environment } from "../../env.ts";
import { describeFault } from "../../platform/describe-fault.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { log } from "../../platform/logger.ts";
import { closeRun, type Ending } from "./close-run.ts";
import type { LoadedRun } from "./load-run.ts";
import { mayFollow } from "./run.ts";
import type { RunView } from "./schemas.ts";

/**
 * Stops a run. What it has found so far is evidence like any other, and what the agent is being asked counts as left unanswered, so that
 * stopping a bad run hides nothing.
 */
export async function cancelRun(context: WriteContext<"run.cancelled">, runId: string): Promise<RunView> {
  const { tenant, now, principal, env, waitUntil } = context;
  const decide = ({ run }: LoadedRun): Ending => {
    requireAgent(principal, run.agentId);
    if (!mayFollow(run.status, "cancelled")) throw problem("state_conflict", `the run is ${run.status}`);
    return { status: "cancelled" };
  };
  const view = await closeRun({ env, tenant, action: "run.cancelled", now, decide }, runId);
  waitUntil(terminateInstance(env, runId));
  return view;
}

/** The run is closed already: an instance that lives on can record nothing more, and ends by itself. */
export async function terminateInstance(env: Environment, runId: string): Promise<void> {
  try {
    const instance = await env.bindings.EVAL_RUN.get(runId);
    await instance.terminate();
  } catch (fault) {
    log("warn", "run_not_terminated", { runId, fault: describeFault(fault) });
  }
}
