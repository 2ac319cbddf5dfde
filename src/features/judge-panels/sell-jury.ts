import { openSystemDb, selectOrganization } from "../../access/system-principal.ts";
import { openSealedBox } from "../../crypto/sealed-box.ts";
import { enterSoldPanel, readAsPublic } from "../../db/read-as-public.ts";
import type { Basics, Deliver, Quote } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { changeOf, hearPanel, selectSeated, type Hearing } from "./hear-panel.ts";
import { hasReplied } from "./jury-finding.ts";
import { panelLimits } from "./panel.ts";
import { digestPrompt } from "./prompt.ts";
import type { AskedOfPanel, JuryAnswerView } from "./schemas.ts";

/**
 * Puts an answer to a panel that is for sale, for whoever pays. Its organization's log says for which payment its judges were called. Where
 * fewer of them replied than make a jury, nothing was delivered that could be paid for; what judges make of a question is a reply, whatever it is:
 * else a question that confuses them would be asked for nothing, again and again.
 */
export async function quoteJury(context: Basics, panelId: string, asked: AskedOfPanel): Promise<Quote<JuryAnswerView>> {
  const { env, requestId, now } = context;
  const promptDigest = await digestPrompt();
  const [[organization], [panel], [calibration]] = await readAsPublic(context, enterSoldPanel(panelId, requestId), (db) => [
    selectOrganization(db),
    ...selectSeated(db, panelId, promptDigest, now),
  ]);
  if (organization === undefined || panel === undefined) throw problem("not_found", "no such panel for sale");
  const { id: orgId, plan, wrappedDataKey } = organization;
  const openBox: Hearing["openBox"] = () => openSealedBox(env.encryptionKeys, orgId, wrappedDataKey);
  const hearing = { env, orgId, plan, openBox, panel, calibrated: calibration?.calibrated === true };
  const deliver: Deliver<JuryAnswerView> = async ({ id: paymentId }) => {
    const answer = withoutNames(await hearPanel(hearing, asked));
    const change = { paymentId, asked: await changeOf(asked, answer) };
    const tenant = openSystemDb(env, orgId, "system:jury-sale");
    await tenant.write({ action: "judge_panel.asked", resource: panelId, change, answer: null }, () => []);
    const replies = answer.votes.filter(hasReplied).length;
    if (replies < panelLimits.quorum) throw problem("unavailable", `${replies} of ${answer.votes.length} judges replied`);
    return answer;
  };
  return { seller: { orgId, about: panelId }, deliver };
}

/** How an organization calls its judges is its own business; which models voted is what was paid for. */
const withoutNames = (answer: JuryAnswerView): JuryAnswerView => ({
  ...answer,
  votes: answer.votes.map((vote, seat) => ({ ...vote, judge: `judge-${seat + 1}` })),
});
