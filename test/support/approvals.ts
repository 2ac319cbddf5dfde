import { env } from "cloudflare:workers";
import { and, eq } from "drizzle-orm";
import { actAsSystem } from "../../src/access/system-principal.ts";
import type { JsonValue } from "../../src/crypto/canonical-json.ts";
import { jsonDigest } from "../../src/crypto/digest.ts";
import { agents } from "../../src/db/schema/agents.ts";
import { grants } from "../../src/db/schema/grants.ts";
import { requireEnvironment } from "../../src/env.ts";
import { planApproval, type ApprovalRow, type PreviewFacts } from "../../src/features/approvals/index.ts";
import { newId } from "../../src/platform/ids.ts";
import { newGround, type Granted } from "./grants.ts";
import type { TestOrganization } from "./organization.ts";
import type { TestPerson } from "./people.ts";

export const testEnvironment = requireEnvironment(env);

/** An agent's grant, and what it is for. */
export type TestGrant = { readonly id: string; readonly agentId: string; readonly capabilityId: string; readonly policyId: string };

/** A grant of a new agent of the organization. */
export async function newGrant(org: TestOrganization): Promise<TestGrant> {
  const ground = await newGround(org);
  return grantBy(ground.operator, ground, ground.agentId);
}

/** What one person grants to an agent. */
export async function grantBy(
  creator: Pick<TestPerson, "call">,
  { capabilityId, policyId }: Pick<Granted, "capabilityId" | "policyId">,
  agentId: string,
): Promise<TestGrant> {
  const { status, text, body } = await creator.call("POST", "/v1/grants", { agentId, capabilityId, policyId });
  if (status !== 201) throw new Error(text);
  return { id: body.id, agentId, capabilityId, policyId };
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
const factsOf = (grant: TestGrant, args: JsonValue): PreviewFacts => ({
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

/** Has a grant's time be over. */
export async function expireGrant(orgId: string, id: string): Promise<void> {
  const { tenant } = await actAsSystem(testEnvironment, orgId, "system:test");
  await tenant.write({ action: "grant.updated", resource: id, change: {}, answer: null }, ({ orm }) => [
    orm
      .update(grants)
      .set({ expiresAt: new Date(), revision: 2 })
      .where(and(eq(grants.orgId, orgId), eq(grants.id, id))),
  ]);
}

/** An agent like another one, as those are that were there before it was kept who registered them. */
export async function copyWithoutRegistrant({ orgId }: Pick<TestOrganization, "orgId">, agentId: string): Promise<string> {
  const { tenant } = await actAsSystem(testEnvironment, orgId, "system:test");
  const [[found]] = await tenant.read(({ orm }) => [
    orm
      .select()
      .from(agents)
      .where(and(eq(agents.orgId, orgId), eq(agents.id, agentId))),
  ]);
  if (found === undefined) throw new Error("no such agent");
  const id = newId("agent");
  await tenant.write({ action: "agent.created", resource: id, change: {}, answer: null }, ({ orm }) => [
    orm.insert(agents).values({ ...found, id, externalId: id, registeredBy: null }),
  ]);
  return id;
}
