import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from "cloudflare:workers";
import { requireEnvironment, type Bindings } from "../../env.ts";
import { conductRun, type RunParams } from "./conduct-run.ts";
import { longestHeardCaseMs } from "./run-liveness.ts";

/** Retries are off: a case that was put to the agent once must not be put again because something else failed. */
const once = { retries: { limit: 0, delay: 0 }, timeout: longestHeardCaseMs } as const;

/** One run. Its parameters and step results hold identifiers and statuses only, for Cloudflare shows them to operators. */
export class EvalRun extends WorkflowEntrypoint<Bindings, RunParams> {
  override async run(event: Readonly<WorkflowEvent<RunParams>>, step: WorkflowStep): Promise<void> {
    await conductRun(requireEnvironment(this.env), event.payload, (name, work) => step.do(name, once, work));
  }
}
