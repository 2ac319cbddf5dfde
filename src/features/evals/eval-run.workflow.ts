import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from "cloudflare:workers";
import { parseEnvironment, type Bindings } from "../../env.ts";
import { conductRun, type RunParams } from "./conduct-run.ts";
import { longestHeardCaseMs } from "./run-liveness.ts";

/** Retries are off: a case that was put to the agent once must not be put again because something else failed. */
const once = { retries: { limit: 0, delay: 0 }, timeout: longestHeardCaseMs } as const;

/** One run. Its parameters and step results hold identifiers and statuses only, for Cloudflare shows them to operators. */
export class EvalRun extends WorkflowEntrypoint<Bindings, RunParams> {
  override async run(event: Readonly<WorkflowEvent<RunParams>>, step: WorkflowStep): Promise<void> {
    const parsed = parseEnvironment(this.env);
    if (!parsed.ok) throw new Error(`not configured: ${parsed.missing.join(", ")}`);
    await conductRun(parsed.env, event.payload, (name, work) => step.do(name, once, work));
  }
}
