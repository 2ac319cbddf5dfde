import { plans } from "../../access/plans.ts";
import { actAsSystem, type SystemWork } from "../../access/system-principal.ts";
import type { Environment } from "../../env.ts";
import { describeFault } from "../../platform/describe-fault.ts";
import { currentTime } from "../../platform/clock.ts";
import { newNameCache } from "../../platform/egress.ts";
import { log } from "../../platform/logger.ts";
import { openEndpointHeaders } from "../agents/index.ts";
import { beginRun } from "./begin-run.ts";
import { closeRun } from "./close-run.ts";
import { conductCase, type CaseContext } from "./conduct-case.ts";
import { seatJury } from "./hear-jury.ts";
import { loadRun, type LoadedRun } from "./load-run.ts";
import { paceCalls } from "../../platform/pace-calls.ts";
import { persist, sleep } from "./persist.ts";

export type RunParams = { readonly orgId: string; readonly runId: string };
/** Runs one durable step: its small result is kept, and the work is not repeated when the workflow is. */
export type RunStep = (name: string, work: () => Promise<string>) => Promise<string>;

/** Conducts a run from its queue to its end: begin, one step for each case, finish. */
export async function conductRun(env: Environment, { orgId, runId }: RunParams, step: RunStep): Promise<void> {
  const work = await persist(() => actAsSystem(env, orgId, "system:eval-run"));
  const begun = await step("begin", () => persist(() => beginRun(work.tenant, env, runId)));
  if (begun !== "running") return;
  const loaded = await persist(() => loadRun(work.tenant, runId));
  if (loaded?.run.status !== "running") return;
  try {
    await conductCases(caseContext(env, work, loaded), step);
  } catch (thrown) {
    log("error", "run_broke_off", { runId, fault: describeFault(thrown) });
  }
  await step("finish", () => persist(() => finishRun(env, work, runId)));
}

function caseContext(env: Environment, work: SystemWork, loaded: LoadedRun): CaseContext {
  const { tenant, plan, openBox } = work;
  const { agent } = loaded;
  const takeTurn = paceCalls(plans[plan].hostCallsPerMinute, () => currentTime().getTime(), sleep);
  return {
    tenant,
    loaded,
    asking: { env, names: newNameCache(), takeTurn },
    target: {
      url: agent.endpointUrl ?? "",
      protocol: agent.endpointProtocol ?? "json",
      modelFamily: agent.modelFamily,
      openHeaders: () => openEndpointHeaders(openBox(), agent),
    },
    jury: seatJury(env, work, loaded),
  };
}

/** So many cases at a time as the run asks for, in the suite's order (settleCases relies on it). After a fault of ours none begins. */
async function conductCases(context: CaseContext, step: RunStep): Promise<void> {
  const { run, suiteCases, recorded } = context.loaded;
  const done = new Set(recorded.map(({ index }) => index));
  const pending = suiteCases.map((suiteCase, index) => ({ suiteCase, index })).filter(({ index }) => !done.has(index));
  let stopped = false;
  const takeCases = async (): Promise<void> => {
    for (let next = pending.shift(); next !== undefined && !stopped; next = pending.shift()) {
      const { suiteCase, index } = next;
      try {
        const outcome = await step(`case ${index}`, () => conductCase(context, suiteCase, index));
        stopped ||= outcome === "stopped";
      } catch (thrown) {
        stopped = true;
        throw thrown;
      }
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: run.concurrency }, takeCases));
  for (const worker of workers) if (worker.status === "rejected") throw worker.reason;
}

async function finishRun(env: Environment, { tenant }: SystemWork, runId: string): Promise<string> {
  const decide = ({ run, recorded, suiteCases }: LoadedRun) => {
    if (run.status !== "running") return null;
    if (recorded.length === suiteCases.length) return { status: "completed" } as const;
    return { status: recorded.length === 0 ? "errored" : "partial" } as const;
  };
  return (await closeRun({ env, tenant, action: "run.finished", now: currentTime(), decide }, runId)).status;
}
