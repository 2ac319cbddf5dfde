import { insertSecurityEvents } from "../../access/security-event.ts";
import type { Action } from "../../audit/actions.ts";
import { evalRuns } from "../../db/schema/evals.ts";
import type { TenantWriter } from "../../db/tenant-db.ts";
import type { Environment } from "../../env.ts";
import { currentTime } from "../../platform/clock.ts";
import { endpointProof, renewEndpointProof, selectAgent } from "../agents/index.ts";
import { closeRun } from "./close-run.ts";
import type { LoadedRun } from "./load-run.ts";
import { isConflict } from "./persist.ts";
import type { ReasonCode } from "./run.ts";
import { fieldOfRun, selectRun, updateRunStarted, type RunRow } from "./store.ts";

/**
 * Takes a run off the queue, or ends it where its agent is no longer what it was queued for. An origin whose proof is over 31 days old is
 * asked once more. Harmless when repeated.
 */
export async function beginRun(tenant: TenantWriter<Action>, env: Environment, runId: string): Promise<"running" | "closed"> {
  const now = currentTime();
  const [[run], [agent]] = await tenant.read((db) => [selectRun(db, runId), selectAgent(db, fieldOfRun(db, runId, evalRuns.agentId))]);
  if (run?.status !== "queued" || agent === undefined) return standing(run);
  const obstacle = findObstacle(run, agent) ?? ((await mayBeCalled(tenant, env, agent, now)) ? null : "endpoint_not_proven");
  if (obstacle !== null) {
    const decide = ({ run }: LoadedRun) => (run.status === "queued" ? ({ status: "errored", reasonCodes: [obstacle] } as const) : null);
    await closeRun({ env, tenant, action: "run.finished", now, decide }, runId);
    return "closed";
  }
  try {
    await writeStart(tenant, agent, run, now);
    return "running";
  } catch (thrown) {
    if (!isConflict(thrown)) throw thrown;
    const [[found]] = await tenant.read((db) => [selectRun(db, runId)]);
    return standing(found);
  }
}

const standing = (run: RunRow | undefined) => (run?.status === "running" ? "running" : "closed");

function findObstacle(run: RunRow, agent: LoadedRun["agent"]): ReasonCode | null {
  if (agent.archivedAt !== null) return "agent_archived";
  return agent.versionNumber !== run.agentVersionNumber || agent.endpointUrl === null ? "agent_changed" : null;
}

async function mayBeCalled(tenant: TenantWriter<Action>, env: Environment, agent: LoadedRun["agent"], now: Date): Promise<boolean> {
  const proof = endpointProof(agent, env, now);
  return proof.ok || (proof.reason === "stale" && (await renewEndpointProof(tenant, env, agent, now)));
}

/** The use of sealed headers and keys is a security event of its own, in the same transaction. */
function writeStart(tenant: TenantWriter<Action>, agent: LoadedRun["agent"], { id: runId, judgePanelId }: RunRow, now: Date) {
  const credentials = [...(agent.endpointHeaders.length > 0 ? [agent.id] : []), ...(judgePanelId === null ? [] : [judgePanelId])];
  const uses = credentials.map((credential) => ({ kind: "sealed_credential_used", credential, at: now, count: 1 }) as const);
  return tenant.write({ action: "run.started", resource: runId, change: { startedAt: now.toISOString() }, answer: null }, (db) => [
    updateRunStarted(db, runId, now),
    ...(uses.length > 0 ? [insertSecurityEvents(db, uses)] : []),
  ]);
}
