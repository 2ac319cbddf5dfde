import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { newId } from "../../src/platform/ids.ts";
import { roundTrips } from "../support/harness.ts";
import { callApi, createOrganization, type TestOrganization } from "../support/organization.ts";
import { askPrice, decoded, newPayer, pay } from "../support/payments.ts";

const agentOf = async (org: TestOrganization, isPublic: boolean): Promise<string> =>
  (await org.call("POST", "/v1/agents", { externalId: crypto.randomUUID(), name: "Support", isPublic })).body.id;
const scoreOf = (agentId: string) => ({ path: `/v1/agents/${agentId}/score` });

describe("a call of a payable operation without any credential", () => {
  it("is told what to pay, in one round trip and without asking anybody", async () => {
    const org = await createOrganization();
    const agentId = await agentOf(org, true);
    const payer = await newPayer();
    const answer = await askPrice(payer, scoreOf(agentId));
    expect([answer.status, answer.body.code]).toEqual([402, "payment_required"]);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.body.detail).toContain("PAYMENT-REQUIRED");
    expect(await roundTrips(answer.requestId)).toBe(1);
    const [network] = JSON.parse(env.X402_NETWORKS);
    expect(decoded(answer.headers.get("payment-required"))).toMatchObject({
      x402Version: 2,
      error: "payment_required",
      resource: { url: `https://api.armalo.test/v1/agents/${agentId}/score`, mimeType: "application/json" },
      accepts: [
        {
          scheme: "exact",
          network: "eip155:84532",
          amount: "1000",
          asset: network.asset,
          payTo: network.payTo,
          maxTimeoutSeconds: 300,
          extra: { name: "USDC", version: "2" },
        },
      ],
      extensions: { "payment-identifier": { info: { required: false } } },
    });
  });

  it("finds nothing to pay for where the agent is private or was never there, each alike", async () => {
    const org = await createOrganization();
    const payer = await newPayer();
    const [hidden, unknown] = [await askPrice(payer, scoreOf(await agentOf(org, false))), await askPrice(payer, scoreOf(newId("agent")))];
    for (const answer of [hidden, unknown]) {
      expect([answer.status, answer.body.code]).toEqual([404, "not_found"]);
      expect(answer.headers.get("payment-required")).toBeNull();
    }
    expect(hidden.text.replaceAll(hidden.requestId, "")).toBe(unknown.text.replaceAll(unknown.requestId, ""));
    expect((await askPrice(payer, { path: "/v1/agents/nonsense/score" })).status).toBe(400);
  });
});

describe("a paid call", () => {
  it("answers what was paid for, once, in one round trip", async () => {
    const org = await createOrganization();
    const agentId = await agentOf(org, true);
    const payer = await newPayer();
    const answer = await pay(payer, scoreOf(agentId));
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({ agentId, status: "insufficient_evidence" });
    expect(await roundTrips(answer.requestId)).toBe(1);
  });
});

describe("a credential", () => {
  it("pays nothing with its scope, is refused beside a payment, and a bad one is a 401 whatever is paid", async () => {
    const org = await createOrganization();
    const agentId = await agentOf(org, false);
    const { path } = scoreOf(agentId);
    const free = await org.call("GET", path);
    expect(free.status).toBe(200);
    expect(free.headers.get("access-control-allow-origin")).toBeNull();
    const both = await org.call("GET", path, undefined, { "payment-signature": "AAAA" });
    expect([both.status, both.body.code]).toEqual([400, "credential_conflict"]);
    const bad = await callApi("GET", path, undefined, { authorization: "Bearer nonsense", "payment-signature": "AAAA" });
    expect([bad.status, bad.body.code]).toEqual([401, "unauthenticated"]);
  });
});
