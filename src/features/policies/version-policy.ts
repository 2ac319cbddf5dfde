import { requireWholeOrganization } from "../../access/principal.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import type { PolicyTerms } from "../../policies/policy.ts";
import { selectCapability } from "../capabilities/index.ts";
import { changeOf, newVersion, requireCapability, requireFitting, toVersion } from "./policy.ts";
import type { PolicyVersionView } from "./schemas.ts";
import { capabilityOf, insertPolicyVersion, selectPolicy, updatePolicy } from "./store.ts";

/** The next version of a policy. What is in force stays in force until a person puts this one there. */
export async function versionPolicy(
  { tenant, principal, now }: WriteContext<"policy.versioned">,
  policyId: string,
  terms: PolicyTerms,
): Promise<PolicyVersionView> {
  requireWholeOrganization(principal);
  const [[policy], [found]] = await tenant.read((db) => [
    selectPolicy(db, policyId),
    selectCapability(db, capabilityOf(db.orgId, policyId)),
  ]);
  if (policy === undefined) throw problem("not_found", "no such policy");
  const capability = requireCapability(found);
  requireFitting(terms, capability, "invalid_request");
  // Later than all before it, whatever the clocks say: versions are listed by their time.
  const createdAt = new Date(Math.max(now.getTime(), policy.updatedAt.getTime() + 1));
  const number = policy.latestVersion + 1;
  const version = await newVersion({ policyId, version: number, terms, createdBy: principal.actor, createdAt }, capability);
  const view = toVersion(version);
  await tenant.write({ action: "policy.versioned", resource: policyId, change: changeOf(version), answer: view }, (db) => [
    updatePolicy(db, policy, { latestVersion: number, updatedAt: createdAt }),
    insertPolicyVersion(db, version),
  ]);
  return view;
}
