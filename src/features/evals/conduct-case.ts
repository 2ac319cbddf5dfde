import type { Action } from "../../audit/actions.ts";
import { jsonDigest } from "../../crypto/digest.ts";
import type { TenantWriter } from "../../db/tenant-db.ts";
import { describeFault } from "../../platform/describe-fault.ts";
import { currentTime } from "../../platform/clock.ts";
import { log } from "../../platform/logger.ts";
import { askAgent, type AgentTarget, type Asking, type Reply } from "./ask-agent.ts";
import { silentJury } from "./checks/jury.ts";
import { hearJury, type SeatedJury } from "./hear-jury.ts";
import { judgeCase, type CaseOutcome } from "./judge-case.ts";
import type { LoadedRun } from "./load-run.ts";
import { isConflict, persist } from "./persist.ts";
import { questionOf } from "./protocols/protocol.ts";
import type { CaseResult } from "./result.ts";
import { insertCase, selectCase, selectRun, updateRunAdvanced } from "./store.ts";
import type { SuiteCase } from "./suite.ts";

export type CaseContext = {
  readonly tenant: TenantWriter<Action>;
  readonly loaded: LoadedRun;
  readonly asking: Asking;
  readonly target: AgentTarget;
  readonly jury: SeatedJury;
};

/** Puts one case to the agent, judges it and records it at once. Returns its status, or `stopped` where the run is over. */
export async function conductCase(context: CaseContext, suiteCase: SuiteCase, index: number): Promise<string> {
  const { tenant, loaded, asking, target } = context;
  const reply = await askOrBlameOurselves(asking, target, suiteCase);
  const outcome = outcomeOf(reply, suiteCase);
  const jury = outcome.ok ? await hearJury(context.jury, suiteCase, outcome.observation) : silentJury(context.jury !== null);
  const judged = judgeCase(suiteCase, outcome, loaded.pact, jury);
  const { attempts, outputDigest } = reply;
  return await recordCase(tenant, loaded.run.id, {
    ...judged,
    index,
    caseId: suiteCase.id,
    attempts,
    inputDigest: await jsonDigest(suiteCase.input),
    outputDigest,
    latencyMs: attempts.length > 0 ? reply.latencyMs : null,
    at: currentTime(),
  });
}

/** Whatever breaks on our side while we ask is ours: a sealed header that does not open, or a bug. */
async function askOrBlameOurselves(asking: Asking, target: AgentTarget, suiteCase: SuiteCase): Promise<Reply> {
  try {
    return await askAgent(asking, target, suiteCase);
  } catch (thrown) {
    log("error", "case_not_asked", { fault: describeFault(thrown) });
    return { ok: false, attribution: "platform", reason: "internal", attempts: [], latencyMs: 0, outputDigest: null };
  }
}

function outcomeOf(reply: Reply, suiteCase: SuiteCase): CaseOutcome {
  if (!reply.ok) return { ok: false, attribution: reply.attribution, reason: reply.reason };
  return { ok: true, observation: { input: questionOf(suiteCase), answer: reply.answer, latencyMs: reply.latencyMs } };
}

/** Once a case is recorded it stays so: a step that is repeated finds it, and a run that was closed takes no more. */
async function recordCase(tenant: TenantWriter<Action>, runId: string, row: CaseResult): Promise<string> {
  const change = { ...row, at: row.at.toISOString(), checks: row.checks.map((check) => ({ ...check })) };
  try {
    await persist(() =>
      tenant.write({ action: "run.case_recorded", resource: runId, change, answer: null }, (db) => [
        updateRunAdvanced(db, runId, row.at),
        insertCase(db, runId, row),
      ]),
    );
    return row.status;
  } catch (thrown) {
    if (!isConflict(thrown)) throw thrown;
    const [[run], [known]] = await persist(() => tenant.read((db) => [selectRun(db, runId), selectCase(db, runId, row.index)]));
    return run?.status === "running" && known !== undefined ? known.status : "stopped";
  }
}
