import { env } from "cloudflare:workers";
import { actAsSystem } from "../../src/access/system-principal.ts";
import type { JsonValue } from "../../src/crypto/canonical-json.ts";
import { jsonDigest } from "../../src/crypto/digest.ts";
import { capabilities, capabilityVersions } from "../../src/db/schema/capabilities.ts";
import { grants } from "../../src/db/schema/grants.ts";
import { policies, policyVersions } from "../../src/db/schema/policies.ts";
import { requireEnvironment } from "../../src/env.ts";
import { planApproval, type ApprovalRow, type PreviewFacts } from "../../src/features/approvals/index.ts";
import { newId } from "../../src/platform/ids.ts";
import { PolicyTerms } from "../../src/policies/policy.ts";
import { CapabilityDefinition } from "../../src/upstreams/capability.ts";
import type { TestOrganization } from "./organization.ts";

export const testEnvironment = requireEnvironment(env);

/** An agent's grant, as its tables hold it. */
export type TestGrant = { readonly id: string; readonly agentId: string; readonly capabilityId: string; readonly policyId: string };

/** A grant that waits for nothing but an approval, with its capability and policy; `createdBy` is who created it. */
export async function newGrant(org: Pick<TestOrganization, "orgId" | "call">, createdBy = "member:mbr_nobody"): Promise<TestGrant> {
  const registered = await org.call("POST", "/v1/agents", { externalId: crypto.randomUUID(), name: "Asker" });
  return grantTo(org, registered.body.id, createdBy);
}

/** The same for an agent that there is. */
export async function grantTo({ orgId }: Pick<TestOrganization, "orgId">, agentId: string, createdBy: string): Promise<TestGrant> {
  const { tenant } = await actAsSystem(testEnvironment, orgId, "system:test");
  const now = new Date();
  const [id, capabilityId, policyId] = [newId("grant"), newId("capability"), newId("policy")];
  const definition = CapabilityDefinition.parse({
    kind: "http",
    method: "POST",
    urlTemplate: "https://shop.example/",
    argumentsSchema: {},
  });
  const terms = PolicyTerms.parse({ rules: [{ id: "ask", effect: "require_approval", when: "true" }] });
  const stamp = { createdAt: now, updatedAt: now };
  const made = { createdBy, createdAt: now };
  await tenant.write({ action: "grant.created", resource: id, change: {}, answer: null }, ({ orm }) => [
    orm.insert(capabilities).values({
      ...{ orgId, id: capabilityId, name: capabilityId, description: "Orders", kind: "http", status: "active" },
      ...{ version: 1, credentialVersion: 0, revision: 1, ...stamp },
    }),
    orm.insert(capabilityVersions).values({ orgId, capabilityId, version: 1, definition, digest: "sha256:capability", ...made }),
    orm.insert(policies).values({
      ...{ orgId, id: policyId, capabilityId, name: "Policy", activeVersion: 1, activation: 1, latestVersion: 1, revision: 1, ...stamp },
    }),
    orm.insert(policyVersions).values({ orgId, policyId, version: 1, terms, digest: "sha256:policy", capabilityVersion: 1, ...made }),
    orm.insert(grants).values({
      ...{ orgId, id, agentId, capabilityId, policyId, toolName: `orders_${id.toLowerCase()}`, budget: {}, ratePerMinute: 60 },
      ...{ status: "active", createdBy, revision: 1, ...stamp },
    }),
  ]);
  return { id, agentId, capabilityId, policyId };
}

export type Asking = {
  readonly args?: JsonValue;
  readonly requestedBy?: string;
  readonly fourEyes?: boolean;
  readonly expiresInSeconds?: number;
  /** When it is asked: in the past for one whose time is over. */
  readonly now?: Date;
  readonly replaces?: readonly ApprovalRow[];
  /** What else the action is bound to: a policy's version, say. */
  readonly under?: string;
};

/** What a person is shown of a call by this grant. */
export const factsOf = (grant: TestGrant, args: JsonValue): PreviewFacts => ({
  capability: { id: grant.capabilityId, name: "Orders", version: 1 },
  call: { kind: "http", method: "POST", url: "https://shop.example/orders", body: args },
  arguments: args,
  agent: { id: grant.agentId, name: "Asker", versionNumber: 1 },
  policy: { id: grant.policyId, name: "Policy", version: 1, ruleIds: ["ask"] },
  grant: { id: grant.id },
  cost: { micros: 12_500_000, currency: "EUR" },
});

/** Asks for an approval as an invocation does: in one write, beside whatever else that writes. */
export async function askApproval(
  { orgId }: Pick<TestOrganization, "orgId">,
  grant: TestGrant,
  { args = { sku: crypto.randomUUID() }, requestedBy = "key:key_nobody", under = "policy 1", ...asking }: Asking = {},
): Promise<ApprovalRow> {
  const { tenant, openBox } = await actAsSystem(testEnvironment, orgId, "system:test");
  const invocationId = newId("invocation");
  const approval = { expiresInSeconds: asking.expiresInSeconds ?? 3_600, fourEyes: asking.fourEyes ?? false };
  const plan = await planApproval({
    env: testEnvironment,
    box: openBox(),
    now: asking.now ?? new Date(),
    ...{ grantId: grant.id, agentId: grant.agentId, requestedBy, invocationId },
    requestDigest: await jsonDigest({ grantId: grant.id, arguments: args }),
    actionDigest: await jsonDigest({ grantId: grant.id, arguments: args, under }),
    preview: factsOf(grant, args),
    terms: { approval },
    replaces: asking.replaces ?? [],
  });
  if (!plan.ok) throw new Error(plan.reason);
  const { build, consequences } = plan;
  await tenant.write({ action: "grant.invoked", resource: invocationId, change: {}, answer: null, consequences }, build);
  return plan.row;
}
