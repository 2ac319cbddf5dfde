import { openSystemDb } from "../../access/system-principal.ts";
import type { Action } from "../../audit/actions.ts";
import { jsonDigest } from "../../crypto/digest.ts";
import { findUncountedEffects } from "../../db/cross-tenant.ts";
import type { TenantWriter } from "../../db/tenant-db.ts";
import type { Environment } from "../../env.ts";
import { currentTime } from "../../platform/clock.ts";
import { describeFault } from "../../platform/describe-fault.ts";
import { log } from "../../platform/logger.ts";
import { versionInReceipt, type ReceiptVersion } from "../receipts/index.ts";
import { isScoreRace, planScore, selectAgentVersion, selectScoreGround } from "../scores/index.ts";
import { evidenceOfEffects, type CountedCall, type EffectSubject } from "./effect-evidence.ts";
import { markCounted, selectUncounted, type UncountedRow } from "./store.ts";

const mostAgents = 100;
const mostOfEachOrganization = 25;
/** So many calls are one batch, and so many batches of an agent are counted in one sweep. */
const callsPerBatch = 100;
const batchesPerAgent = 5;
/** Less than the minute between two ticks; what is left over is still uncounted then. */
const budgetMs = 20_000;

/**
 * Makes evidence of what agents did in production, each call once: one read and one write for each batch, with the score that comes of it. An
 * agent that fails does not keep the others. Returns how many calls were counted.
 */
export async function countEffects(env: Environment, now: Date): Promise<number> {
  const startedMs = currentTime().getTime();
  const agents = await findUncountedEffects(env, mostAgents, mostOfEachOrganization);
  let counted = 0;
  for (const { orgId, agentId } of agents) {
    const tenant = openSystemDb(env, orgId, "system:effects");
    try {
      for (let batch = 0; batch < batchesPerAgent; batch += 1) {
        if (currentTime().getTime() - startedMs > budgetMs) return counted;
        const calls = await countBatch(tenant, agentId, now);
        counted += calls;
        if (calls === 0) break;
      }
    } catch (fault) {
      // Another sweep or a run that ended came first: what is uncounted then is found again.
      if (!isScoreRace(fault)) log("error", "effects_not_counted", { agentId, fault: describeFault(fault) });
    }
  }
  return counted;
}

type Call = CountedCall & Pick<UncountedRow, "id" | "capabilityId" | "receiptId"> & { readonly version: ReceiptVersion };

/** The oldest calls that are of one capability and one version of the agent, as one piece of evidence. */
async function countBatch(tenant: TenantWriter<Action>, agentId: string, now: Date): Promise<number> {
  const [uncounted, [agent], rows, [standing]] = await tenant.read((db) => [
    selectUncounted(db, agentId, callsPerBatch),
    selectAgentVersion(db, agentId, now),
    ...selectScoreGround(db, agentId, null),
  ]);
  const calls = uncounted.map(toCall);
  const [oldest] = calls;
  if (oldest === undefined || agent === undefined) return 0;
  const alike = calls.filter(({ capabilityId, version }) => capabilityId === oldest.capabilityId && isSame(version, oldest.version));
  const newest = alike.at(-1) ?? oldest;
  const subject: EffectSubject = {
    runId: newest.receiptId,
    suiteDigest: await capabilitySuite(oldest.capabilityId),
    // Whoever the capability names as the counterparty did nothing to vouch for it: that takes a rating.
    author: tenant.orgId,
    ...oldest.version,
    at: now.toISOString(),
  };
  const record = evidenceOfEffects(subject, alike);
  const { versionNumber } = agent;
  const score = await planScore({ agentId, ownerOrg: tenant.orgId, versionNumber, ground: { rows, standing }, record, now });
  const ids = alike.map(({ id }) => id);
  const change = { capabilityId: oldest.capabilityId, receiptId: newest.receiptId, invocations: ids, checks: record.entries.length };
  const event = { action: "effects.counted", resource: agentId, change, answer: null, consequences: score.consequences } as const;
  await tenant.write(event, (db) => [...score.statements(db), markCounted(db, ids, now)]);
  return alike.length;
}

/** What stands for the suite: every use of a capability, in whatever version of it, is the same test of the agent. */
const capabilitySuite = (capabilityId: string): Promise<string> => jsonDigest({ type: "capability", id: capabilityId });

const isSame = (a: ReceiptVersion, b: ReceiptVersion): boolean =>
  a.versionNumber === b.versionNumber && a.versionDigest === b.versionDigest;

function toCall({ status, statement, ...row }: UncountedRow): Call {
  if (status !== "executed" && status !== "denied") throw new Error(`an invocation that is ${status} is no evidence`);
  return { ...row, status, version: versionInReceipt(statement) };
}
