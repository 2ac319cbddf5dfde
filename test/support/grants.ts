import { env } from "cloudflare:workers";
import { actAsSystem } from "../../src/access/system-principal.ts";
import { requireEnvironment } from "../../src/env.ts";
import { groundOf } from "../../src/features/grants/ground.ts";
import { selectBasis, updateGrant } from "../../src/features/grants/store.ts";
import { createOrganization, type Answer, type TestOrganization } from "./organization.ts";
import { signInAs, type TestPerson } from "./people.ts";

/** A valid capability: an HTTP operation on whatever a test names. */
export const capabilityBody = (given: Readonly<Record<string, unknown>> = {}) => ({
  name: `Refund an order ${crypto.randomUUID()}`,
  description: "Pays an order back.",
  definition: {
    kind: "http",
    method: "POST",
    urlTemplate: `${env.AGENTS_URL}/orders/{orderId}/refund`,
    argumentsSchema: {
      type: "object",
      properties: { orderId: { type: "string" }, amount: { type: "number" } },
      required: ["orderId", "amount"],
      additionalProperties: false,
    },
    cost: { currency: "USD", argument: "amount" },
    ...given,
  },
});

export const policyTerms = (...rules: readonly { id: string; effect: string; when: string }[]) => ({
  rules: rules.length === 0 ? [{ id: "all", effect: "allow", when: "true" }] : rules,
});

/** What a grant rests on: an agent, a capability, and a policy over it that is in force. */
export type Granted = {
  readonly org: TestOrganization;
  readonly operator: TestPerson;
  readonly agentId: string;
  readonly capabilityId: string;
  readonly policyId: string;
};

type Wish = { readonly terms?: object; readonly definition?: Readonly<Record<string, unknown>> };

/** All that a grant needs, made through the API by whoever may. */
export async function newGround(org: TestOrganization, { terms = policyTerms(), definition = {} }: Wish = {}): Promise<Granted> {
  const operator = await signInAs(org, "operator");
  const made = async (answer: Promise<Answer>): Promise<string> => {
    const { status, text, body } = await answer;
    if (status >= 300) throw new Error(text);
    return body.id;
  };
  const agentId = await made(org.call("POST", "/v1/agents", { externalId: crypto.randomUUID(), name: "Support" }));
  const capabilityId = await made(org.call("POST", "/v1/capabilities", capabilityBody(definition)));
  const policyId = await made(org.call("POST", "/v1/policies", { capabilityId, name: "Refunds", terms }));
  await made(operator.call("POST", `/v1/policies/${policyId}/activate`, { version: 1 }));
  return { org, operator, agentId, capabilityId, policyId };
}

/** Grants it, as an operator does. */
export const grantOn = (
  { operator, agentId, capabilityId, policyId }: Granted,
  given: Readonly<Record<string, unknown>> = {},
): Promise<Answer> => operator.call("POST", "/v1/grants", { agentId, capabilityId, policyId, ...given });

/** A new organization with one grant, in simulation. */
export async function newGrant(
  given: Readonly<Record<string, unknown>> = {},
  wish: Wish = {},
): Promise<Granted & { readonly grantId: string }> {
  const ground = await newGround(await createOrganization(), wish);
  const { status, text, body } = await grantOn(ground, given);
  if (status !== 201) throw new Error(text);
  return { ...ground, grantId: body.id };
}

/** Puts a grant in production as it stands, past the evidence that its promotion asks for. */
export async function putInProduction({ org, grantId }: { readonly org: TestOrganization; readonly grantId: string }): Promise<void> {
  const { tenant } = await actAsSystem(requireEnvironment(env), org.orgId, "system:test");
  const [[row]] = await tenant.read((db) => [selectBasis(db, grantId)]);
  const ground = row === undefined ? undefined : await groundOf(row);
  if (row === undefined || ground?.basis == null) throw new Error("nothing to promote");
  const now = new Date();
  const promoted = { promotedFor: ground.basis, promotedBasis: ground.present, promotedAt: now, updatedAt: now };
  await tenant.write({ action: "grant.promoted", resource: grantId, change: {}, answer: null }, (db) => [
    updateGrant(db, row.grant, promoted),
  ]);
}

/** A key that is bound to one agent. */
export async function agentCaller({ org }: Pick<Granted, "org">, agentId: string, scopes: readonly string[]) {
  const { body, text } = await org.call("POST", "/v1/keys", { name: "agent", scopes, agentId });
  if (typeof body.key !== "string") throw new Error(text);
  return (method: string, path: string, sent?: unknown, headers: Record<string, string> = {}) =>
    org.call(method, path, sent, { authorization: `Bearer ${body.key}`, ...headers });
}
