import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from "cloudflare:workers";
import { parseEnvironment, type Bindings } from "../../env.ts";
import { conductCalibration, type CalibrationWork } from "./conduct-calibration.ts";

/** Retries are off: a vote that was cast is not asked for again. */
const once = { retries: { limit: 0, delay: 0 }, timeout: "1 hour" } as const;

/** One calibration. Its parameters are identifiers, its steps' results votes: names of judges, words of the menu and statuses. */
export class JudgeCalibration extends WorkflowEntrypoint<Bindings, CalibrationWork> {
  override async run(event: Readonly<WorkflowEvent<CalibrationWork>>, step: WorkflowStep): Promise<void> {
    const parsed = parseEnvironment(this.env);
    if (!parsed.ok) throw new Error(`not configured: ${parsed.missing.join(", ")}`);
    await conductCalibration(parsed.env, event.payload, (name, work) => step.do(name, once, work));
  }
}
