import { insertSecurityEvents } from "../../access/security-event.ts";
import { requireWholeOrganization } from "../../access/principal.ts";
import { jsonDigest } from "../../crypto/digest.ts";
import { describeFault } from "../../platform/describe-fault.ts";
import type { WriteContext } from "../../http/operation.ts";
import { Problem, problem } from "../../http/problem.ts";
import { newId } from "../../platform/ids.ts";
import { log } from "../../platform/logger.ts";
import { calibrationLimits } from "./calibration.ts";
import { lapsesAfterMs, toCalibrationHead } from "./calibration-view.ts";
import { digestPrompt } from "./prompt.ts";
import type { CalibrationHeadView, CalibrationInput } from "./schemas.ts";
import { insertCalibration, requireNoOther, selectPanel } from "./store.ts";

/** Has a panel judge a labelled set, in the background: one calibration of an organization at a time. */
export async function calibratePanel(
  context: WriteContext<"judge_panel.calibration_started">,
  panelId: string,
  { examples }: CalibrationInput,
): Promise<CalibrationHeadView> {
  const { tenant, principal, env, now } = context;
  requireWholeOrganization(principal);
  const [[panel]] = await tenant.read((db) => [selectPanel(db, panelId)]);
  if (panel === undefined) throw problem("not_found", "no such judge panel");
  if (panel.retiredAt !== null) throw problem("state_conflict", "the judge panel is retired");
  const calls = examples.length * panel.judges.length;
  if (calls > calibrationLimits.calls) {
    const message = `These are ${calls} votes; a calibration has at most ${calibrationLimits.calls}.`;
    throw problem("invalid_request", "too many votes", { errors: [{ path: "body.examples", message }] });
  }
  const row = {
    id: newId("calibration"),
    panelId,
    panelVersion: panel.version,
    panelDigest: panel.digest,
    promptDigest: await digestPrompt(),
    setDigest: await jsonDigest({ examples: examples.map((example) => ({ ...example })) }),
    examples,
    status: "running" as const,
    result: null,
    requestedBy: principal.actor,
    createdAt: now,
    finishedAt: null,
  };
  const view = toCalibrationHead({ ...row, exampleCount: examples.length }, now);
  const use = { kind: "sealed_credential_used", credential: panelId, at: now, count: 1 } as const;
  try {
    await tenant.write({ action: "judge_panel.calibration_started", resource: row.id, change: view, answer: view }, (db) => [
      insertCalibration(db, row),
      requireNoOther(db, row.id, new Date(now.getTime() - lapsesAfterMs)),
      insertSecurityEvents(db, [use]),
    ]);
  } catch (thrown) {
    const isConflict = thrown instanceof Problem && thrown.code === "state_conflict";
    throw isConflict ? problem("plan_limit", "another calibration is running") : thrown;
  }
  try {
    await env.bindings.JUDGE_CALIBRATION.create({ id: row.id, params: { orgId: tenant.orgId, calibrationId: row.id } });
  } catch (fault) {
    // It lapses: nothing was asked, and the caller may start another one then.
    log("error", "calibration_not_launched", { calibrationId: row.id, fault: describeFault(fault) });
    throw problem("unavailable", "the workflow engine took no calibration");
  }
  return view;
}
