import { requirePerson } from "../../access/principal.ts";
import { jsonDigest } from "../../crypto/digest.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { isBarred } from "../approvals/index.ts";
import { groundOf, toGrant } from "../grants/index.ts";
import { planReceipt, writeChained, type ReceiptFacts } from "../receipts/index.ts";
import { loadEvidence, type Evidence } from "./load-evidence.ts";
import type { PromotedView, PromotionView } from "./schemas.ts";
import { updatePromoted, type Judged } from "./store.ts";
import { toPromotion } from "./view.ts";

type Context = WriteContext<"grant.promoted">;

/** What a promotion is called in its receipt. */
const promoteAction = "grant.promote";

/**
 * Puts a grant in production for exactly the versions that it rests on now, where the evidence suffices: one round trip to read it, and one
 * write of receipt, event and grant that fails if anything that was judged has moved. A successful simulation is evidence, and nobody's decision.
 */
export async function promoteGrant(context: Context, grantId: string): Promise<PromotedView> {
  const evidence = await loadEvidence(context, grantId);
  const report = toPromotion(evidence);
  if (report.mode === "production") throw problem("state_conflict", "the grant is in production for the present versions");
  if (report.missing.length > 0) throw problem("promotion_blocked", "evidence is missing", { errors: report.missing });
  requireAnother(evidence, requirePerson(context.principal).actor);
  const { basis } = evidence.ground;
  if (evidence.judged === null || basis === null) throw new Error("a policy in force without a basis");
  return write(context, evidence, { report, basis, judged: evidence.judged });
}

/** With four eyes nobody who is behind the agent or the grant promotes it either. */
function requireAnother({ given, row, owners }: Evidence, actor: string): void {
  const { registeredBy } = row.agent;
  if (isBarred({ fourEyes: given.terms?.approval.fourEyes === true, registeredBy, owners }, actor))
    throw problem("four_eyes", "an owner of the agent or the grant, or nobody knows who is");
}

type Decided = { readonly report: PromotionView; readonly basis: string; readonly judged: Judged };

async function write({ env, tenant, now }: Context, evidence: Evidence, decided: Decided): Promise<PromotedView> {
  const { row, receipt: ground } = evidence;
  const { report, basis, judged } = decided;
  const { id: grantId, agentId, capabilityId, policyId } = row.grant;
  const promotion = { promotedFor: basis, promotedBasis: judged.present, promotedAt: now, updatedAt: now };
  const promoted = { ...row, grant: { ...row.grant, ...promotion } };
  const grant = toGrant(promoted, await groundOf(promoted), now);
  const facts = await factsOf(evidence, decided);
  const announces = [{ type: "grant.promoted", data: { grantId, agentId, capabilityId, policyId, basis } }] as const;
  return writeChained(ground.head, async (head) => {
    const receipt = await planReceipt({ env, tenant, now }, { ...ground, head }, facts, { basis });
    const answer = { grant, evidence: report, receipt: receipt.view };
    await tenant.write({ action: "grant.promoted", resource: grantId, change: receipt.change, answer, announces }, (db) => [
      ...receipt.statements(db),
      updatePromoted(db, row.grant, judged, promotion),
    ]);
    return { answer, head: receipt.view };
  });
}

/** The receipt is of the decision, for these versions, and its outcome the evidence that was before the person. */
async function factsOf({ row }: Evidence, { report, basis, judged }: Decided): Promise<ReceiptFacts> {
  const { id: grantId, policyId } = row.grant;
  return {
    action: { name: promoteAction, digest: await jsonDigest({ grantId, basis }) },
    about: grantId,
    mode: "production",
    policy: { id: policyId, digest: judged.present.policyDigest, decision: "allow" },
    approval: null,
    disposition: "executed",
    effect: "confirmed",
    outcome: await jsonDigest(report),
    intent: null,
  };
}
