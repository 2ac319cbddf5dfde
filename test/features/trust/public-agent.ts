import { expect } from "vitest";
import { roundTrips, setClaimPolicy } from "../../support/harness.ts";
import { openPolicy } from "../../support/open-policy.ts";
import { callApi, createOrganization, type Answer, type TestOrganization } from "../../support/organization.ts";

export const pathsOf = (agentId: string): string[] => [
  `/v1/trust/${agentId}`,
  `/v1/trust/${agentId}/badge.svg`,
  `/v1/trust/${agentId}/attestation`,
  `/agents/${agentId}`,
];
export const sharedMs = 30_000;

/** As a stranger does, each time from another address. */
export const ask = (path: string, headers: Record<string, string> = {}): Promise<Answer> => {
  const [a, b] = crypto.getRandomValues(new Uint8Array(2));
  return callApi("GET", path, undefined, { "cf-connecting-ip": `203.0.${a}.${b}`, ...headers });
};

/** Asks until the answer comes from the cache: it is filled after the first answer has left. */
export async function askUntilKept(path: string): Promise<Answer> {
  for (let tries = 0; tries < 100; tries += 1) {
    const answer = await ask(path);
    expect(answer.status, answer.text).toBe(200);
    if ((await roundTrips(answer.requestId)) === 0) return answer;
  }
  throw new Error(`${path} is never kept`);
}

export type World = { readonly org: TestOrganization; readonly agentId: string; readonly path: string };

export async function publicAgent(name = "Support"): Promise<World> {
  const org = await createOrganization();
  await setClaimPolicy(org.orgId, openPolicy);
  const made = await org.call("POST", "/v1/agents", { externalId: "support", name, isPublic: true });
  expect(made.status, made.text).toBe(201);
  return { org, agentId: made.body.id, path: `/v1/trust/${made.body.id}` };
}

export async function attest({ org, agentId }: World, lifetimeDays = 30): Promise<Answer> {
  const issued = await org.call("POST", `/v1/agents/${agentId}/attestations`, { about: { kind: "score" }, lifetimeDays });
  expect(issued.status, issued.text).toBe(201);
  return issued;
}

export const reasonOf = ({ body }: Answer, subject: string): string | undefined =>
  body.unavailable.find((one: { subject: string }) => one.subject === subject)?.reason;
