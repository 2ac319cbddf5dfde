import { expect } from "vitest";
import type { TestOrganization } from "../../support/organization.ts";

export const endpoint = {
  url: "https://agent.example.com/ask",
  protocol: "json",
  headers: { "X-Key": "hunter2", Authorization: "Bearer secret" },
};
let made = 0;
export const wish = (fields: object = {}) => ({ externalId: `agent-${(made += 1)}`, name: "Support", ...fields });

/** An agent as its organization registers it. */
export async function register(org: TestOrganization, fields: object = {}) {
  const answer = await org.call("POST", "/v1/agents", wish(fields));
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
}
