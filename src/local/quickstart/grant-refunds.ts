import { z } from "zod";
import type { ApiClient } from "../api-client.ts";
import type { ProgressLine } from "../progress-line.ts";
import { firstPact } from "./first-pact.ts";
import { runEvals } from "./run-evals.ts";

export type Keyring = { readonly api: ApiClient; readonly owner: ApiClient; readonly seed: string };
type Shop = { readonly url: string; readonly token: string };

const Made = z.object({ id: z.string() });
const Policy = z.object({ id: z.string(), activeVersion: z.int().nullable() });
const Grants = z.object({ items: z.array(Made) });

/** Refunds of an order, as the shop's API has them; the shop's token goes into the header sealed, and no agent ever sees it. */
const refunds = ({ url, token }: Shop): object => ({
  name: "Refund order",
  description: "Pays money back for an order, in euro.",
  definition: {
    kind: "http",
    method: "POST",
    urlTemplate: `${url}/orders/{orderId}/refunds`,
    argumentsSchema: {
      type: "object",
      properties: {
        orderId: { type: "string", maxLength: 40 },
        amount: { type: "number", exclusiveMinimum: 0 },
        reason: { type: "string", maxLength: 200 },
      },
      required: ["orderId", "amount", "reason"],
      additionalProperties: false,
    },
    answerSchema: { type: "object", required: ["refundId"] },
    cost: { currency: "EUR", argument: "amount" },
    credential: { header: "authorization", prefix: "Bearer " },
  },
  credentialValue: token,
});

/** Small refunds pass, larger ones wait for a person, and the largest are out of the question. */
const terms = {
  rules: [
    { id: "small", effect: "allow", when: "arguments.amount <= 50.0" },
    { id: "larger", effect: "require_approval", when: "arguments.amount > 50.0" },
    { id: "too-large", effect: "deny", when: "arguments.amount > 500.0" },
  ],
  promotion: { floors: { accuracy: 0.6, pactCompliance: 0.6, safety: 0.6, reliability: 0.6 }, simulatedCalls: 3 },
};

/** A capability of the organization, and a policy over it that its owner has put in force. */
export async function offerRefunds({ api, owner, seed }: Keyring, shop: Shop): Promise<{ capabilityId: string; policyId: string }> {
  const { id: capabilityId } = await api.call("POST", "/v1/capabilities", Made, refunds(shop), `quickstart-${seed}-capability`);
  const wanted = { capabilityId, name: "Refunds", terms };
  const { id: policyId } = await api.call("POST", "/v1/policies", Policy, wanted, `quickstart-${seed}-policy`);
  const { activeVersion } = await api.call("GET", `/v1/policies/${policyId}`, Policy);
  if (activeVersion === null) await owner.call("POST", `/v1/policies/${policyId}/activate`, Policy, { version: 1 });
  return { capabilityId, policyId };
}

/** The grant of one agent, which the owner makes once. */
export async function grantTo(
  { api, owner }: Keyring,
  agentId: string,
  offer: { capabilityId: string; policyId: string },
): Promise<string> {
  const { items } = await api.call("GET", `/v1/grants?agentId=${agentId}`, Grants);
  const budget = { count: { perDay: 100 }, money: { perRun: 500_000_000, perDay: 1_000_000_000 } };
  const [known] = items;
  return (known ?? (await owner.call("POST", "/v1/grants", Made, { agentId, ...offer, budget }))).id;
}

const Key = z.object({ key: z.string() });

/** A key that acts as this agent and no other. */
export const keyOf = async ({ api }: Keyring, agentId: string): Promise<string> => {
  const scopes = ["grants:invoke", "grants:read", "receipts:read", "approvals:read", "agents:read", "scores:read", "pacts:read"];
  return (await api.call("POST", "/v1/keys", Key, { name: "Agent", scopes, agentId })).key;
};

/** The example agent again, without the flaw that is critical: another agent, with evidence of its own. */
export async function testClerk({ api, seed }: Keyring, url: string, line: ProgressLine): Promise<string> {
  const clerk = {
    externalId: "example-clerk",
    name: "Example clerk",
    description: "The example support agent, which gives away nobody's address any more.",
    provider: "armalo-example",
    version: "1.1.0",
    endpoint: { url, protocol: "json" },
  };
  const { id: agentId } = await api.call("POST", "/v1/agents", Made, clerk, `quickstart-${seed}-clerk`);
  const { id: pactId } = await api.call("POST", "/v1/pacts", Made, firstPact(agentId), `quickstart-${seed}-clerk-pact`);
  await api.call("POST", `/v1/pacts/${pactId}/activate`, z.looseObject({}), undefined, `quickstart-${seed}-clerk-activate`);
  await runEvals(api, { agentId, pactId }, line);
  return agentId;
}
