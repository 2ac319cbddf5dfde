import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { selectCapability } from "../capabilities/index.ts";
import { requireCapability, requireFitting, toHead } from "./policy.ts";
import type { ActivatedPolicyView } from "./schemas.ts";
import { capabilityOf, countPromoted, selectPolicy, selectVersion, updatePolicy } from "./store.ts";

/**
 * Puts a version of a policy in force: a person's act, so that no key can take away the rule that binds it. Every grant under the policy is in
 * simulation from then on, for what it was promoted for was another policy.
 */
export async function activatePolicy(
  { tenant, now }: WriteContext<"policy.activated">,
  policyId: string,
  number: number,
): Promise<ActivatedPolicyView> {
  const [[policy], [version], [found], [grants]] = await tenant.read((db) => [
    selectPolicy(db, policyId),
    selectVersion(db, policyId, number),
    selectCapability(db, capabilityOf(db.orgId, policyId)),
    countPromoted(db, policyId),
  ]);
  if (policy === undefined) throw problem("not_found", "no such policy");
  if (version === undefined) {
    throw problem("invalid_request", "no such version", { errors: [{ path: "body.version", message: "The policy has no such version." }] });
  }
  if (policy.activeVersion === number) throw problem("state_conflict", "the version is in force");
  // The capability may have another schema than when the version was written.
  requireFitting(version.terms, requireCapability(found), "state_conflict");
  const changes = { activeVersion: number, activation: policy.activation + 1, updatedAt: now };
  const grantsLeavingProduction = grants?.promoted ?? 0;
  const view = { ...toHead({ ...policy, ...changes }), grantsLeavingProduction };
  const change = { version: number, digest: version.digest, activation: changes.activation };
  await tenant.write({ action: "policy.activated", resource: policyId, change, answer: view }, (db) => [updatePolicy(db, policy, changes)]);
  return view;
}
