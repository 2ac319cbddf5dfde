import { expect, it } from "vitest";
import { agentCaller, newGrant } from "../../support/grants.ts";
import { requestBodies } from "../../support/operation-rows.ts";

const scopes = [
  "capabilities:read",
  "capabilities:write",
  "policies:read",
  "policies:write",
  "grants:read",
  "grants:write",
  "approvals:read",
  "receipts:rate",
];

it.each([
  ["capabilities.create", "/v1/capabilities"],
  ["capabilities.create_version", "/v1/capabilities/{capabilityId}/versions"],
  ["capabilities.set_credential", "/v1/capabilities/{capabilityId}/credential"],
  ["capabilities.retire", "/v1/capabilities/{capabilityId}/retire"],
  ["policies.create", "/v1/policies"],
  ["policies.create_version", "/v1/policies/{policyId}/versions"],
  ["policies.simulate", "/v1/policies/{policyId}/simulate"],
  ["grants.revoke", "/v1/grants/{grantId}/revoke"],
  ["grants.demote", "/v1/grants/{grantId}/demote"],
  ["ratings.create", "/v1/ratings"],
] as const)("a credential that is bound to an agent, whatever its scopes, is refused %s", async (operation, path) => {
  const granted = await newGrant();
  const { capabilityId, policyId, grantId } = granted;
  const ids: Record<string, string> = { capabilityId, policyId, grantId };
  const asAgent = await agentCaller(granted, granted.agentId, scopes);
  const answer = await asAgent(
    "POST",
    path.replace(/\{(\w+)\}/, (_, name: string) => ids[name] ?? ""),
    requestBodies[operation],
  );
  expect([answer.status, answer.body.code], answer.text).toEqual([403, "forbidden"]);
});
