import { requireWholeOrganization } from "../../access/principal.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { changeOf, hearPanel, selectSeated } from "./hear-panel.ts";
import { digestPrompt } from "./prompt.ts";
import type { AskedOfPanel, JuryAnswerView } from "./schemas.ts";

/** Puts an answer to the organization's own judges, now. What they said is in the log whatever it was. */
export async function askPanel(
  { tenant, principal, plan, env, box, now }: WriteContext<"judge_panel.asked">,
  panelId: string,
  asked: AskedOfPanel,
): Promise<JuryAnswerView> {
  requireWholeOrganization(principal);
  const promptDigest = await digestPrompt();
  const [[panel], [calibration]] = await tenant.read((db) => selectSeated(db, panelId, promptDigest, now));
  if (panel === undefined) throw problem("not_found", "no such judge panel");
  if (panel.retiredAt !== null) throw problem("state_conflict", "the judge panel is retired");
  const calibrated = calibration?.calibrated === true;
  const answer = await hearPanel({ env, orgId: tenant.orgId, plan, openBox: () => box, panel, calibrated }, asked);
  await tenant.write({ action: "judge_panel.asked", resource: panelId, change: await changeOf(asked, answer), answer }, () => []);
  return answer;
}
