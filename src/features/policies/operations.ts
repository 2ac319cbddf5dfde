import { defineOperation } from "../../http/define-operation.ts";
import { activatePolicy } from "./activate-policy.ts";
import { createPolicy } from "./create-policy.ts";
import { getPolicy, listPolicies, listPolicyVersions } from "./read-policies.ts";
import {
  ActivatedPolicy,
  ActivatePolicyBody,
  CreatePolicyBody,
  ListPoliciesQuery,
  ListPolicyVersionsQuery,
  NewPolicyVersionBody,
  Policy,
  PolicyPage,
  PolicyParams,
  PolicySimulation,
  PolicyVersion,
  PolicyVersionPage,
  SimulatePolicyBody,
} from "./schemas.ts";
import { simulatePolicy } from "./simulate-policy.ts";
import { versionPolicy } from "./version-policy.ts";

const read = { governance: "tenant-read", method: "get", access: { mode: "tenant", scope: "policies:read" } } as const;
const change = { governance: "tenant-mutation", method: "post", access: { mode: "tenant", scope: "policies:write" } } as const;

const policyGuide = `Every rule is evaluated at every invocation, whatever their order. A rule with the effect \`deny\` that matches beats \`require_approval\`, and
that beats \`allow\`; where no rule matches, or any rule cannot be evaluated (\`policy_error\`), the answer is deny.

Rules are CEL over \`action\` (capability, kind, method), \`arguments\`, \`agent\` (id, versionNumber), \`score\` (compositeScore, tier,
confidence, status), \`grant\` (id, expiresAt), \`counters\` (total, today, month, lastMinute, spentTodayMicros, spentMonthMicros, costMicros: what was
used before this invocation, and what it costs), \`time\` (UTC: iso, hour, weekday 1 for Monday to 7, epochSeconds) and \`mode\`. They are checked
against the capability's schema when they are written.

- Numbers are doubles: \`arguments.amount == 5.0\`.
- An optional property that is missing is an error, and so a denial: write \`has(arguments.note) && …\`.
- A score that is missing is null. Comparing it by size is an error, and so a denial; \`!=\` is not: \`score.tier != "bronze"\` holds for null too.`;

const simulationGuide = `Decides again what was recorded under this policy, the newest first, as it was then: the same arguments, score, counters, time and mode. What
spoke against it beside the policy (arguments, pacts, expiry, limits) still does. Nothing is sent, counted or written. What cannot be told is
\`undecided\`, and neither changed nor unchanged.

A candidate can ask anything of the recorded arguments: the credential also needs \`grants:read\` and \`approvals:read\`, with which they can be read.`;

export const policyOperations = [
  defineOperation({
    ...change,
    id: "policies.create",
    path: "/v1/policies",
    summary: "Write a policy for a capability",
    guide: policyGuide,
    audit: "policy.created",
    request: { body: CreatePolicyBody },
    response: { status: 201, body: Policy },
    handle: ({ input, ...context }) => createPolicy(context, input.body),
  }),
  defineOperation({
    ...read,
    id: "policies.list",
    tool: "list_policies",
    path: "/v1/policies",
    summary: "List policies",
    request: { query: ListPoliciesQuery },
    response: { status: 200, body: PolicyPage },
    handle: ({ input, ...context }) => listPolicies(context, input.query),
  }),
  defineOperation({
    ...read,
    id: "policies.get",
    tool: "get_policy",
    path: "/v1/policies/{policyId}",
    summary: "Read a policy",
    request: { params: PolicyParams },
    response: { status: 200, body: Policy },
    handle: ({ input, ...context }) => getPolicy(context, input.params.policyId),
  }),
  defineOperation({
    ...change,
    id: "policies.create_version",
    path: "/v1/policies/{policyId}/versions",
    summary: "Write the next version of a policy",
    audit: "policy.versioned",
    request: { params: PolicyParams, body: NewPolicyVersionBody },
    response: { status: 201, body: PolicyVersion },
    handle: ({ input, ...context }) => versionPolicy(context, input.params.policyId, input.body.terms),
  }),
  defineOperation({
    ...read,
    id: "policies.list_versions",
    path: "/v1/policies/{policyId}/versions",
    summary: "List a policy's versions",
    request: { params: PolicyParams, query: ListPolicyVersionsQuery },
    response: { status: 200, body: PolicyVersionPage },
    handle: ({ input, ...context }) => listPolicyVersions(context, input.params.policyId, input.query),
  }),
  defineOperation({
    ...change,
    id: "policies.activate",
    path: "/v1/policies/{policyId}/activate",
    summary: "Put a version of a policy in force",
    access: { mode: "operator", scope: "policies:write" },
    audit: "policy.activated",
    request: { params: PolicyParams, body: ActivatePolicyBody },
    response: { status: 200, body: ActivatedPolicy },
    handle: ({ input, ...context }) => activatePolicy(context, input.params.policyId, input.body.version),
  }),
  defineOperation({
    governance: "tenant-query",
    method: "post",
    access: { mode: "tenant", scope: "policies:write" },
    id: "policies.simulate",
    path: "/v1/policies/{policyId}/simulate",
    summary: "Try a candidate on recorded decisions",
    guide: simulationGuide,
    request: { params: PolicyParams, body: SimulatePolicyBody },
    response: { status: 200, body: PolicySimulation },
    handle: ({ input, ...context }) => simulatePolicy(context, input.params.policyId, input.body),
  }),
];
