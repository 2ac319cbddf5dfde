import { requireScopes, requireWholeOrganization } from "../../access/principal.ts";
import type { ReadContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import type { PolicyEffect } from "../../policies/decision.ts";
import type { PolicyTerms } from "../../policies/policy.ts";
import { selectCapability } from "../capabilities/index.ts";
import { digestTerms, requireCapability, requireFitting } from "./policy.ts";
import { replayAll, type Replay } from "./replay.ts";
import type { PolicySimulationView, SimulationInput } from "./schemas.ts";
import { capabilityOf, selectDecided, selectPolicy, selectVersion } from "./store.ts";

/** Tries a candidate on what was decided under the policy, and shows the difference. */
export async function simulatePolicy(
  { tenant, principal, box }: ReadContext,
  policyId: string,
  input: SimulationInput,
): Promise<PolicySimulationView> {
  requireWholeOrganization(principal);
  // A candidate can ask anything of what agents sent, bit by bit: that is for who may read it at `invocations.get`.
  requireScopes(principal, ["grants:read", "approvals:read"]);
  // No version has the number 0.
  const [[policy], [version], [found], rows] = await tenant.read((db) => [
    selectPolicy(db, policyId),
    selectVersion(db, policyId, input.version ?? 0),
    selectCapability(db, capabilityOf(db.orgId, policyId)),
    selectDecided(db, policyId, input),
  ]);
  if (policy === undefined) throw problem("not_found", "no such policy");
  if (input.terms !== undefined) requireFitting(input.terms, requireCapability(found), "invalid_request");
  const terms = input.terms ?? version?.terms;
  if (terms === undefined) {
    throw problem("invalid_request", "no such version", { errors: [{ path: "body.version", message: "The policy has no such version." }] });
  }
  return toView(policyId, input.version ?? null, terms, await replayAll(box, rows, terms));
}

async function toView(
  policyId: string,
  version: number | null,
  terms: PolicyTerms,
  replays: readonly Replay[],
): Promise<PolicySimulationView> {
  const decided = replays.flatMap((replay) => ("after" in replay ? [replay] : []));
  const changed = decided.filter(({ row, after }) => row.decision !== after.effect);
  const undecided = replays.flatMap((replay) => ("after" in replay ? [] : [{ invocationId: replay.row.id, reason: replay.undecided }]));
  return {
    policyId,
    version,
    digest: await digestTerms(terms),
    counts: {
      recorded: replays.length,
      unchanged: decided.length - changed.length,
      changed: changed.length,
      undecided: undecided.length,
    },
    before: tally(decided.map(({ row }) => row.decision)),
    after: tally(decided.map(({ after }) => after.effect)),
    changed: changed.map(({ row, after }) => ({
      invocationId: row.id,
      grantId: row.grantId,
      mode: row.mode,
      policyVersion: row.policyVersion,
      decidedAt: row.createdAt.toISOString(),
      before: { decision: row.decision, reasons: row.reasons, ruleIds: row.ruleIds },
      after: { decision: after.effect, reasons: after.reasons, ruleIds: after.ruleIds },
    })),
    undecided,
  };
}

const tally = (effects: readonly PolicyEffect[]): PolicySimulationView["before"] => ({
  allow: effects.filter((effect) => effect === "allow").length,
  deny: effects.filter((effect) => effect === "deny").length,
  require_approval: effects.filter((effect) => effect === "require_approval").length,
});
