import { plans, type Plan } from "../../access/plans.ts";
import { actAsSystem } from "../../access/system-principal.ts";
import { jsonDigest } from "../../crypto/digest.ts";
import type { SealedBox } from "../../crypto/sealed-box.ts";
import type { Environment } from "../../env.ts";
import { currentTime } from "../../platform/clock.ts";
import { describeFault } from "../../platform/describe-fault.ts";
import { newNameCache } from "../../platform/egress.ts";
import { log } from "../../platform/logger.ts";
import { paceCalls } from "../../platform/pace-calls.ts";
import { judgeLimits, type Bench } from "./ask-judge.ts";
import { assess, CalibrationResult, calibrationLimits, type LabelledExample } from "./calibration.ts";
import { longestCalibrationMs } from "./calibration-view.ts";
import { callsUpTo, pollJury, seatJudges, type Jury } from "./jury.ts";
import type { PanelRow } from "./panel.ts";
import { vainCallsOf } from "./vain-calls.ts";
import { selectCalibration, selectPanel, updateCalibrationEnded, type CalibrationRow } from "./store.ts";

export type CalibrationWork = { readonly orgId: string; readonly calibrationId: string };
/** Runs one durable step: what it returns is kept, and its work is not repeated when the workflow is. Only an `end` may be tried again. */
export type DurableStep = (name: string, kind: "votes" | "end", work: () => Promise<string>) => Promise<string>;

const Finding = CalibrationResult.shape.findings.unwrap().element;
/** Examples that are before the judges at the same time: a Worker's invocation has six connections. */
const atATime = 4;

/** Puts each example to the judges, in a step of its own, and writes what came of all. Where the panel has changed meanwhile, it breaks off. */
export async function conductCalibration(env: Environment, { orgId, calibrationId }: CalibrationWork, step: DurableStep): Promise<void> {
  const { tenant, plan, openBox } = await actAsSystem(env, orgId, "system:judge-calibration");
  const [[row]] = await tenant.read((db) => [selectCalibration(db, calibrationId)]);
  if (row?.status !== "running") return;
  const readPanel = async (): Promise<PanelRow | undefined> => {
    const [[panel]] = await tenant.read((db) => [selectPanel(db, row.panelId)]);
    return panel?.version === row.panelVersion && panel.retiredAt === null ? panel : undefined;
  };
  const panel = await readPanel();
  const isStill = async (): Promise<boolean> => {
    try {
      return (await readPanel())?.revision === panel?.revision;
    } catch (fault) {
      log("error", "judge_panel_not_read", { calibrationId, fault: describeFault(fault) });
      return false;
    }
  };
  const findings = panel === undefined ? null : await judgeAll(seatJury(env, { orgId, plan, openBox }, panel), row, step, isStill);
  const result = findings === null ? null : assess(row.examples, findings);
  await step("end", "end", async () => {
    const [[now]] = await tenant.read((db) => [selectCalibration(db, calibrationId)]);
    if (now?.status !== "running") return "ended";
    const status = result === null ? "broken_off" : "completed";
    const change = { status, result: result === null ? null : await jsonDigest(result) };
    await tenant.write({ action: "judge_panel.calibration_ended", resource: calibrationId, change, answer: null }, (db) => [
      updateCalibrationEnded(db, calibrationId, { status, result, finishedAt: currentTime() }),
    ]);
    return "ended";
  });
}

type Seating = { readonly orgId: string; readonly plan: Plan; readonly openBox: () => SealedBox };

function seatJury(env: Environment, { orgId, plan, openBox }: Seating, panel: PanelRow): Jury {
  const nowMs = () => currentTime().getTime();
  const sleep = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms));
  const bench: Bench = {
    env,
    names: newNameCache(),
    takeTurn: paceCalls(plans[plan].hostCallsPerMinute, nowMs, sleep),
    takeCall: callsUpTo(judgeLimits.calls * calibrationLimits.calls),
    vainCalls: vainCallsOf(env, orgId),
    nowMs,
  };
  return { panelDigest: panel.digest, calibrationId: null, judges: seatJudges(panel, openBox), bench };
}

type Findings = CalibrationResult["findings"];

/** Null where the panel changed meanwhile, or cannot be read: a key that was taken back is used for no further example. */
async function judgeAll(
  jury: Jury,
  { examples, createdAt }: CalibrationRow,
  step: DurableStep,
  isStill: () => Promise<boolean>,
): Promise<Findings | null> {
  const deadlineMs = createdAt.getTime() + longestCalibrationMs;
  const findings: Findings[number][] = [];
  const pending = [...examples.entries()];
  let hasChanged = false;
  const take = async (): Promise<void> => {
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
      if (hasChanged || !(await isStill())) return void (hasChanged = true);
      const [index, example] = next;
      findings[index] = Finding.parse(JSON.parse(await step(`example ${index}`, "votes", () => judgeOne(jury, example, deadlineMs))));
    }
  };
  await Promise.all(Array.from({ length: atATime }, take));
  return hasChanged ? null : findings;
}

async function judgeOne(jury: Jury, { rubric, question, answer }: LabelledExample, deadlineMs: number): Promise<string> {
  const { votes, value, agreement } = await pollJury(jury, { rubric, question, answer, toolCalls: "" }, deadlineMs);
  return JSON.stringify({ votes, value, agreement });
}
