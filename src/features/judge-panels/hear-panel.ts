import { plans, type Plan } from "../../access/plans.ts";
import type { SealedBox } from "../../crypto/sealed-box.ts";
import { jsonDigest, type Digest } from "../../crypto/digest.ts";
import type { JsonValue } from "../../crypto/canonical-json.ts";
import type { EnteredDb } from "../../db/tenant-db.ts";
import type { Environment } from "../../env.ts";
import { currentTime } from "../../platform/clock.ts";
import { newNameCache } from "../../platform/egress.ts";
import { paceCalls } from "../../platform/pace-calls.ts";
import { judgeLimits } from "./ask-judge.ts";
import { validForMs } from "./calibration.ts";
import { callsUpTo, pollJury, seatJudges } from "./jury.ts";
import { decisionOf, validVotes, type JuryFinding } from "./jury-finding.ts";
import type { PanelRow } from "./panel.ts";
import type { AskedOfPanel, JuryAnswerView } from "./schemas.ts";
import { selectNewestCalibration, selectPanel } from "./store.ts";
import { vainCallsOf } from "./vain-calls.ts";

/** The caller waits for the answer: no judge is waited for longer than this, all of them together. */
const hearingMs = 40_000;
/** Judges that are asked at the same time: an invocation has six connections. */
const atATime = 3;

/** What is read of a panel before it is asked: itself, and whether a calibration of it holds. */
export const selectSeated = (db: EnteredDb, panelId: string, promptDigest: Digest, now: Date) =>
  [selectPanel(db, panelId), selectNewestCalibration(db, panelId, promptDigest, new Date(now.getTime() - validForMs))] as const;

/** Whose panel is asked, and with whose keys and limits. */
export type Hearing = {
  readonly env: Environment;
  readonly orgId: string;
  readonly plan: Plan;
  readonly openBox: () => SealedBox;
  readonly panel: PanelRow;
  readonly calibrated: boolean;
};

/** Puts an answer to a panel's judges now. At most two calls a judge, paced as the organization's plan says, and all within 40 s. */
export async function hearPanel({ env, orgId, plan, openBox, panel, calibrated }: Hearing, asked: AskedOfPanel): Promise<JuryAnswerView> {
  const nowMs = (): number => currentTime().getTime();
  const sleep = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms));
  const bench = {
    env,
    names: newNameCache(),
    takeTurn: paceCalls(plans[plan].hostCallsPerMinute, nowMs, sleep),
    takeCall: callsUpTo(judgeLimits.calls * panel.judges.length),
    vainCalls: vainCallsOf(env, orgId),
    nowMs,
  };
  const jury = { panelDigest: panel.digest, calibrationId: null, judges: seatJudges(panel, openBox), bench };
  const finding = await pollJury(jury, { ...asked, toolCalls: "" }, nowMs() + hearingMs, atATime);
  return toAnswer(panel.id, calibrated, finding);
}

/** What the votes amount to. Whoever did not vote is counted as just that, and for neither side. */
function toAnswer(panelId: string, calibrated: boolean, finding: JuryFinding): JuryAnswerView {
  const { panelDigest, promptDigest, votes, value, agreement } = finding;
  const valid = validVotes(votes);
  const [pass, fail] = [valid.filter((vote) => vote === "pass").length, valid.filter((vote) => vote === "fail").length];
  const abstained = votes.filter(({ outcome }) => outcome === "cannot_tell").length;
  const judges = votes.length;
  const counts = { judges, pass, fail, abstained, unanswered: judges - pass - fail - abstained };
  const verdict = decisionOf(finding) ?? "undecided";
  return { panelId, panelDigest, promptDigest, votes, value, agreement, calibrated, verdict, counts };
}

/** What the log keeps of it: what was asked and answered as digests, and what came of it. */
export const changeOf = async (asked: AskedOfPanel, { panelDigest, verdict, counts, votes }: JuryAnswerView): Promise<JsonValue> => ({
  panelDigest,
  askedDigest: await jsonDigest(asked),
  votesDigest: await jsonDigest(votes),
  verdict,
  counts,
});
