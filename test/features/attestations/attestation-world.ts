import { expect } from "vitest";
import { fromBase64Url } from "../../../src/crypto/base64url.ts";
import { setClaimPolicy } from "../../support/harness.ts";
import { callApi, createOrganization, type TestOrganization } from "../../support/organization.ts";
import { openPolicy } from "../../support/open-policy.ts";

export async function newAgent(org: TestOrganization): Promise<string> {
  const made = await org.call("POST", "/v1/agents", { externalId: crypto.randomUUID(), name: "Support" });
  expect(made.status, made.text).toBe(201);
  return made.body.id;
}

export type AttestationWorld = {
  readonly org: TestOrganization;
  readonly agentId: string;
  readonly attest: (about?: object, more?: object) => ReturnType<TestOrganization["call"]>;
};

/** An organization whose operators allow everything, and an agent of it. */
export async function organizationWithAgent(wish: Parameters<typeof createOrganization>[0] = {}): Promise<AttestationWorld> {
  const org = await createOrganization(wish);
  await setClaimPolicy(org.orgId, openPolicy);
  const agentId = await newAgent(org);
  const attest = (about: object = { kind: "score" }, more: object = {}) =>
    org.call("POST", `/v1/agents/${agentId}/attestations`, { about, ...more });
  return { org, agentId, attest };
}

/** Asks with a key that is bound to an agent. */
export async function callAs(org: TestOrganization, agentId: string): Promise<TestOrganization["call"]> {
  const scopes = ["agents:read", "agents:write", "attestations:read", "attestations:write", "receipts:read", "receipts:write"];
  const made = await org.call("POST", "/v1/keys", { name: "bound", scopes, agentId });
  expect(made.status, made.text).toBe(201);
  return (method, path, body, headers) =>
    callApi(method, path, body, { authorization: `Bearer ${made.body.key}`, "cf-connecting-ip": org.address, ...headers });
}

// oxlint-disable-next-line typescript/no-explicit-any -- a test reads whatever was signed
export const statementOf = (jws: string): any =>
  JSON.parse(new TextDecoder().decode(fromBase64Url(jws.split(".")[1] ?? "") ?? new Uint8Array()));

/** Path and query of a link of ours. */
export const pathOf = (url: string): string => url.replace("https://api.armalo.test", "");
