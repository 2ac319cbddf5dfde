import { plans } from "../../access/plans.ts";
import type { SystemWork } from "../../access/system-principal.ts";
import type { Environment } from "../../env.ts";
import { describeFault } from "../../platform/describe-fault.ts";
import { currentTime } from "../../platform/clock.ts";
import { newNameCache } from "../../platform/egress.ts";
import { log } from "../../platform/logger.ts";
import { longestTurnMs, paceCalls } from "../../platform/pace-calls.ts";
import { lookupTimeoutMs } from "../../platform/resolve-name.ts";
import { callsUpTo, judgeLimits, longestVoteMs, pollJury, seatJudges, vainCallsOf, type Jury } from "../judge-panels/index.ts";
import type { Observation } from "./checks/judgement.ts";
import { juryAbsent, noJury, type CaseJury, type JuryRuling } from "./checks/jury.ts";
import { callsSpent } from "./jury-summary.ts";
import type { LoadedRun } from "./load-run.ts";
import { sleep } from "./persist.ts";
import type { SuiteCase } from "./suite.ts";

/** No vote of a case is begun later than this after the first: with slow judges, some of its checks stay unscored. */
const caseMs = 300_000;
/** The longest that a jury keeps a case. */
export const longestJuryMs = caseMs + longestVoteMs + judgeLimits.calls * (longestTurnMs + lookupTimeoutMs);

/** A run's judges, or why there are none; null where the run was to have none. */
export type SeatedJury = Jury | { readonly absent: string } | null;

/** Seats the panel that the run was queued with. One that changed since is another instrument. */
export function seatJury(env: Environment, { tenant, plan, openBox }: SystemWork, { run, panel, recorded }: LoadedRun): SeatedJury {
  if (run.judgePanelId === null) return null;
  if (panel === undefined || panel.digest !== run.judgePanelDigest) return { absent: "panel_changed" };
  if (panel.retiredAt !== null) return { absent: "panel_retired" };
  const nowMs = () => currentTime().getTime();
  return {
    panelDigest: panel.digest,
    calibrationId: run.calibrationId,
    judges: seatJudges(panel, openBox),
    bench: {
      env,
      names: newNameCache(),
      takeTurn: paceCalls(plans[plan].hostCallsPerMinute, nowMs, sleep),
      takeCall: callsUpTo(plans[plan].judgeCallsPerRun - callsSpent(recorded)),
      vainCalls: vainCallsOf(env, tenant.orgId),
      nowMs,
    },
  };
}

/** Puts an answer to the jury, once for each of the case's jury checks. A fault of ours leaves a check unscored. */
export async function hearJury(jury: SeatedJury, suiteCase: SuiteCase, { input, answer }: Observation): Promise<CaseJury> {
  if (jury === null) return noJury;
  if ("absent" in jury) return { seated: true, rule: () => juryAbsent(jury.absent) };
  const deadlineMs = jury.bench.nowMs() + caseMs;
  const toolCalls = tellCalls(answer.toolCalls);
  const rulings = new Map<number, JuryRuling>();
  for (const [place, expectation] of suiteCase.expectations.entries()) {
    if (expectation.kind !== "jury") continue;
    const question = { rubric: expectation.rubric, question: input, answer: answer.text, toolCalls };
    try {
      rulings.set(place, { ok: true, finding: await pollJury(jury, question, deadlineMs) });
    } catch (thrown) {
      log("error", "jury_not_heard", { fault: describeFault(thrown) });
    }
  }
  return { seated: true, rule: (place) => rulings.get(place) ?? juryAbsent("internal") };
}

/** What the judges are told of the calls: none that were made is another thing than none that were reported. */
const tellCalls = (calls: Observation["answer"]["toolCalls"]): string => {
  if (calls === undefined) return "not reported";
  return calls.length === 0 ? "" : JSON.stringify(calls);
};
