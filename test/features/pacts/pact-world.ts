import { expect } from "vitest";
import type { TestOrganization } from "../../support/organization.ts";

export const fast = { id: "fast", type: "latency_ms", operator: "lte", value: 2, unit: "s", severity: "minor" };
export const payee = {
  id: "payee",
  type: "param_binding",
  tool: "pay",
  rules: [
    { paramPath: "to", allowList: ["alice"], required: true },
    { paramPath: "amount", maxAmount: 100 },
  ],
  severity: "critical",
};
export const cheap = { id: "cheap", type: "cost_usd", operator: "lt", value: 0.05, severity: "major" };
let made = 0;

export async function newAgent(org: TestOrganization): Promise<string> {
  const answer = await org.call("POST", "/v1/agents", { externalId: `agent-${(made += 1)}`, name: "Support" });
  return answer.body.id;
}
export async function newPact(org: TestOrganization, conditions: readonly object[] = [fast], agentId?: string) {
  const answer = await org.call("POST", "/v1/pacts", { agentId: agentId ?? (await newAgent(org)), name: "Promise", conditions });
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
}
export async function activePact(org: TestOrganization, conditions?: readonly object[]) {
  const { id } = await newPact(org, conditions);
  const answer = await org.call("POST", `/v1/pacts/${id}/activate`);
  expect(answer.status, answer.text).toBe(200);
  return answer.body;
}
