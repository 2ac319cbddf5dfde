import { plans } from "../../access/plans.ts";
import { actAsSystem } from "../../access/system-principal.ts";
import type { Environment } from "../../env.ts";
import { currentTime } from "../../platform/clock.ts";
import { newNameCache } from "../../platform/egress.ts";
import { paceCalls } from "../../platform/pace-calls.ts";
import { judgeLimits, type Bench } from "./ask-judge.ts";
import { assess, CalibrationResult, calibrationLimits, type LabelledExample } from "./calibration.ts";
import { lapsesAfterMs } from "./calibration-view.ts";
import { callsUpTo, pollJury, seatJudges, type Jury } from "./jury.ts";
import { selectCalibration, selectPanel, updateCalibrationDone } from "./store.ts";

export type CalibrationWork = { readonly orgId: string; readonly calibrationId: string };
/** Runs one durable step: what it returns is kept, and its work is not repeated when the workflow is. */
export type DurableStep = (name: string, work: () => Promise<string>) => Promise<string>;

const Finding = CalibrationResult.shape.findings.unwrap().element;
/** Examples that are before the judges at the same time: a Worker's invocation has six connections. */
const atATime = 4;

/** Puts each example to the judges, in a step of its own, and writes what came of all. Where the panel has changed meanwhile, it ends. */
export async function conductCalibration(env: Environment, { orgId, calibrationId }: CalibrationWork, step: DurableStep): Promise<void> {
  const { tenant, plan, openBox } = await actAsSystem(env, orgId, "system:judge-calibration");
  const [[row]] = await tenant.read((db) => [selectCalibration(db, calibrationId)]);
  if (row?.status !== "running") return;
  const [[panel]] = await tenant.read((db) => [selectPanel(db, row.panelId)]);
  if (panel?.version !== row.panelVersion || panel.retiredAt !== null) return;
  const nowMs = () => currentTime().getTime();
  const sleep = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms));
  const bench: Bench = {
    env,
    names: newNameCache(),
    takeTurn: paceCalls(plans[plan].hostCallsPerMinute, nowMs, sleep),
    takeCall: callsUpTo(judgeLimits.calls * calibrationLimits.calls),
    nowMs,
  };
  const jury: Jury = { panelDigest: panel.digest, calibrationId: null, judges: seatJudges(panel, openBox), bench };
  const deadlineMs = row.createdAt.getTime() + lapsesAfterMs;
  const findings = await judgeAll(jury, row.examples, deadlineMs, step);
  await step("finish", async () => {
    const result = assess(row.examples, findings);
    const change = { calibrationId, calibrated: result.calibrated, sensitivity: result.sensitivity, specificity: result.specificity };
    await tenant.write({ action: "judge_panel.calibrated", resource: calibrationId, change, answer: null }, (db) => [
      updateCalibrationDone(db, calibrationId, result, currentTime()),
    ]);
    return "completed";
  });
}

type Findings = CalibrationResult["findings"];

async function judgeAll(jury: Jury, examples: readonly LabelledExample[], deadlineMs: number, step: DurableStep): Promise<Findings> {
  const findings: Findings[number][] = [];
  const pending = [...examples.entries()];
  const take = async (): Promise<void> => {
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
      const [index, example] = next;
      findings[index] = Finding.parse(JSON.parse(await step(`example ${index}`, () => judgeOne(jury, example, deadlineMs))));
    }
  };
  await Promise.all(Array.from({ length: atATime }, take));
  return findings;
}

async function judgeOne(jury: Jury, { rubric, question, answer }: LabelledExample, deadlineMs: number): Promise<string> {
  const { votes, value, agreement } = await pollJury(jury, { rubric, question, answer, toolCalls: "" }, deadlineMs);
  return JSON.stringify({ votes, value, agreement });
}
