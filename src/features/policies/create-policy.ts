import { requireWholeOrganization } from "../../access/principal.ts";
import type { WriteContext } from "../../http/operation.ts";
import { newId } from "../../platform/ids.ts";
import { selectCapability } from "../capabilities/index.ts";
import { changeOf, newVersion, requireCapability, requireFitting, toHead, toVersion } from "./policy.ts";
import type { PolicyInput, PolicyView } from "./schemas.ts";
import { insertPolicy, insertPolicyVersion } from "./store.ts";

/** Writes the first version of a policy. It binds nobody until a person puts it in force. */
export async function createPolicy(
  { tenant, principal, now }: WriteContext<"policy.created">,
  { capabilityId, name, terms }: PolicyInput,
): Promise<PolicyView> {
  requireWholeOrganization(principal);
  // One trip more than other creates: the rules are checked against the capability's schema.
  const [[found]] = await tenant.read((db) => [selectCapability(db, capabilityId)]);
  const capability = requireCapability(found);
  requireFitting(terms, capability, "invalid_request");
  const id = newId("policy");
  const row = { id, capabilityId, name, activeVersion: null, activation: 0, latestVersion: 1, revision: 1, createdAt: now, updatedAt: now };
  const version = await newVersion({ policyId: id, version: 1, terms, createdBy: principal.actor, createdAt: now }, capability);
  const view = { ...toHead(row), active: null, latest: toVersion(version) };
  const event = {
    action: "policy.created",
    resource: id,
    change: { capabilityId, name, version: changeOf(version) },
    answer: view,
  } as const;
  await tenant.write(event, (db) => [insertPolicy(db, row), insertPolicyVersion(db, version)]);
  return view;
}
