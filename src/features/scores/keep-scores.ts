import { openSystemDb } from "../../access/system-principal.ts";
import type { Action } from "../../audit/actions.ts";
import { findDueScores } from "../../db/cross-tenant.ts";
import type { TenantRecorder, TenantWriter } from "../../db/tenant-db.ts";
import type { Environment } from "../../env.ts";
import { describeFault } from "../../platform/describe-fault.ts";
import { currentTime } from "../../platform/clock.ts";
import { newId } from "../../platform/ids.ts";
import { log } from "../../platform/logger.ts";
import { computeScore } from "./compute-score.ts";
import { toEvidence } from "./current-score.ts";
import { isScoreRace } from "./plan-score.ts";
import { announce, findChange, nextLook } from "./score-change.ts";
import { insertScore, scheduleLook, selectEvidence, selectStanding, selectVersion } from "./store.ts";

type Tenant = TenantWriter<Action> & TenantRecorder;

const mostAgents = 100;
const mostOfEachOrganization = 25;
/** Less than the minute between two ticks, so that they seldom overlap; what is left over is still due then. */
const budgetMs = 25_000;
/** A score that could not be looked at waits, so that it is not all that the next ticks get to. */
const retryAfterMs = 3_600_000;

/**
 * Looks at the scores that are due and keeps a new one where age has changed what is seen of it. Two round trips for each agent; one that
 * fails does not keep the others, and ticks that overlap change nothing twice. Returns how many were looked at.
 */
export async function keepScores(env: Environment, now: Date): Promise<number> {
  const startedMs = currentTime().getTime();
  const due = await findDueScores(env, now, mostAgents, mostOfEachOrganization);
  let looked = 0;
  for (const { orgId, agentId } of due) {
    if (currentTime().getTime() - startedMs > budgetMs) break;
    const tenant = openSystemDb(env, orgId, "system:score-upkeep");
    try {
      await keepScore(tenant, agentId, now);
    } catch (fault) {
      // Another tick, a run that ended or a new version came first: whoever it was has planned the next look.
      if (!isScoreRace(fault)) await putOff(tenant, agentId, now, fault);
    }
    looked += 1;
  }
  return looked;
}

async function keepScore(tenant: Tenant, agentId: string, now: Date): Promise<void> {
  const [[agent], [standing], rows] = await tenant.read((db) => [
    selectVersion(db, agentId, now),
    selectStanding(db, agentId),
    selectEvidence(db, agentId, now),
  ]);
  if (agent === undefined || standing === undefined) return;
  // Since it was found to be due, a run may have ended or another tick have looked.
  if (standing.dueAt === null || standing.dueAt > now) return;
  const { versionNumber } = agent;
  const document = await computeScore(toEvidence({ agentId, ownerOrg: tenant.orgId, versionNumber, asOf: now }, rows));
  const look = { agentId, revision: standing.revision, dueAt: nextLook(document, now) };
  const change = findChange(standing.document, document);
  if (change === null) return void (await tenant.record((db) => [scheduleLook(db, look)]));
  const scoreId = newId("score");
  const [changed, ...consequences] = announce(agentId, scoreId, change);
  await tenant.write({ ...changed, answer: null, consequences }, (db) => [
    insertScore(db, scoreId, agentId, document),
    scheduleLook(db, look),
  ]);
}

async function putOff(tenant: Tenant, agentId: string, now: Date, fault: unknown): Promise<void> {
  log("error", "score_not_kept", { agentId, fault: describeFault(fault) });
  try {
    const [[standing]] = await tenant.read((db) => [selectStanding(db, agentId)]);
    if (standing === undefined) return;
    const dueAt = new Date(now.getTime() + retryAfterMs);
    await tenant.record((db) => [scheduleLook(db, { agentId, revision: standing.revision, dueAt })]);
  } catch (again) {
    log("error", "score_not_put_off", { agentId, fault: describeFault(again) });
  }
}
