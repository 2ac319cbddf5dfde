import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from "cloudflare:workers";
import { requireEnvironment, type Bindings } from "../../env.ts";
import { conductCalibration, type CalibrationWork } from "./conduct-calibration.ts";

/** Votes are never retried: one that was cast is not asked for again. Writing what came of them is. */
const tries = {
  votes: { retries: { limit: 0, delay: 0 }, timeout: "1 hour" },
  end: { retries: { limit: 5, delay: "5 seconds", backoff: "exponential" }, timeout: "1 minute" },
} as const;

/** One calibration. Its parameters are identifiers, its steps' results votes: names of judges, words of the menu and statuses. */
export class JudgeCalibration extends WorkflowEntrypoint<Bindings, CalibrationWork> {
  override async run(event: Readonly<WorkflowEvent<CalibrationWork>>, step: WorkflowStep): Promise<void> {
    await conductCalibration(requireEnvironment(this.env), event.payload, (name, kind, work) => step.do(name, tries[kind], work));
  }
}
