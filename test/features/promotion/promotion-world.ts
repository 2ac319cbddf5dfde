import { newId } from "../../../src/platform/ids.ts";
import type { EvidenceRecord } from "../../../src/features/scores/evidence.ts";
import { newInvoking, type Invoking } from "../../support/invocations.ts";
import { digestOf, makeFullRun, passes } from "../scores/make-evidence.ts";
import { finishRun } from "../scores/score-world.ts";

/** Three suites, run once by the platform, each with so many passes in every required dimension: N is 10.6. */
export async function giveEvidence(
  { org, agentId }: Pick<Invoking, "org" | "agentId">,
  change: Partial<EvidenceRecord> = {},
): Promise<void> {
  const { body } = await org.call("GET", `/v1/agents/${agentId}`);
  const version = { versionNumber: body.versionNumber, versionDigest: body.versionDigest };
  const start = Date.now() - 6;
  for (let run = 0; run < 6; run += 1) {
    const at = new Date(start + run);
    const place = { runId: newId("run"), suiteDigest: digestOf(run + 1), at: at.toISOString() };
    await finishRun(org, agentId, makeFullRun(passes(20), { ...place, ...version, ...change }), at);
  }
}

/** Simulated calls, each accepted by a person who looked at it. */
export async function passSimulation({ operator, grantId, invoke }: Invoking, calls = 5): Promise<string[]> {
  const ids: string[] = [];
  for (let call = 0; call < calls; call += 1) {
    const { body, text } = await invoke({ orderId: `o-${call}`, amount: 5 });
    if (body.status !== "simulated") throw new Error(text);
    ids.push(body.invocationId);
  }
  const reviewed = await operator.call("POST", `/v1/grants/${grantId}/reviews`, { invocationIds: ids, verdict: "accepted" });
  if (reviewed.status !== 200) throw new Error(reviewed.text);
  return ids;
}

/** A grant that lacks nothing but somebody's decision. */
export async function readyToPromote(wish: Parameters<typeof newInvoking>[0] = {}): Promise<Invoking> {
  const some = await newInvoking(wish);
  await giveEvidence(some);
  await passSimulation(some);
  return some;
}

export const promotionOf = async ({ operator, grantId }: Invoking) => (await operator.call("GET", `/v1/grants/${grantId}/promotion`)).body;
export const missingIn = async (some: Invoking): Promise<string[]> =>
  (await promotionOf(some)).missing.map(({ path }: { path: string }) => path);
export const promote = ({ operator, grantId }: Invoking) => operator.call("POST", `/v1/grants/${grantId}/promote`);
