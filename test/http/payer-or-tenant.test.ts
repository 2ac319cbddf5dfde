import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { buildApp } from "../../src/app.ts";
import { parseEnvironment } from "../../src/env.ts";
import { answerRequest } from "../../src/http/answer-request.ts";
import { operations } from "../../src/operations.ts";
import { newId } from "../../src/platform/ids.ts";
import { openPanel } from "../features/judge-panels/panel-world.ts";
import { callApi, createOrganization } from "../support/organization.ts";
import { agentOf, publicAgent, scoreOf } from "./payable-agent.ts";

describe("a browser's question before it pays", () => {
  const preflight = (path: string, method: string) =>
    callApi("OPTIONS", path, undefined, {
      origin: "https://wallet.example",
      "access-control-request-method": method,
      "access-control-request-headers": "payment-signature",
    });

  it("is answered for what can be paid for, and lets no credential through", async () => {
    for (const [path, method] of [
      [`/v1/agents/${newId("agent")}/score`, "GET"],
      [`/v1/pacts/${newId("pact")}/verify`, "POST"],
    ] as const) {
      const { status, headers, text } = await preflight(path, method);
      expect([status, text]).toEqual([204, ""]);
      expect(headers.get("access-control-allow-origin")).toBe("*");
      expect(headers.get("access-control-allow-methods")).toBe(method);
      expect(headers.get("access-control-allow-headers")).toBe("PAYMENT-SIGNATURE, Content-Type");
      expect(headers.get("strict-transport-security")).not.toBeNull();
    }
  });

  it("is refused for everything else", async () => {
    for (const path of ["/v1/agents", `/v1/agents/${newId("agent")}/score/history`, "/v1/prices"]) {
      const { status, headers } = await preflight(path, "GET");
      expect(status, path).toBe(405);
      expect(headers.get("access-control-allow-origin"), path).toBeNull();
    }
    expect((await preflight("/nowhere", "GET")).status).toBe(404);
  });
});

describe("a credential", () => {
  it("pays nothing with its scope, is refused beside a payment, and a bad one is a 401 whatever is paid", async () => {
    const org = await createOrganization();
    const { path } = scoreOf(await agentOf(org, false));
    const free = await org.call("GET", path);
    expect(free.status).toBe(200);
    expect(free.headers.get("access-control-allow-origin")).toBeNull();
    const both = await org.call("GET", path, undefined, { "payment-signature": "AAAA" });
    expect([both.status, both.body.code]).toEqual([400, "credential_conflict"]);
    const bad = await callApi("GET", path, undefined, { authorization: "Bearer nonsense", "payment-signature": "AAAA" });
    expect([bad.status, bad.body.code]).toEqual([401, "unauthenticated"]);
    await org.call("POST", `/v1/keys/${org.keyId}/revoke`);
    const revoked = await org.call("GET", path, undefined, { "payment-signature": "AAAA" });
    expect([revoked.status, revoked.body.code]).toEqual([401, "unauthenticated"]);
  });

  it("and a payment at once hold no Idempotency-Key back", async () => {
    const org = await createOrganization();
    const { panelId } = await openPanel(org, ["pass", "pass", "pass"]);
    const ask = (headers: Record<string, string>) =>
      org.call("POST", `/v1/judge-panels/${panelId}/ask`, { rubric: "It is polite.", answer: "Please." }, headers);
    const both = await ask({ "idempotency-key": "one", "payment-signature": "AAAA" });
    expect([both.status, both.body.code]).toEqual([400, "credential_conflict"]);
    expect((await ask({ "idempotency-key": "one" })).status).toBe(200);
  });
});

describe("an installation that takes no payments", () => {
  it("answers as if nothing were payable", async () => {
    const parsed = parseEnvironment(env);
    if (!parsed.ok) throw new Error(parsed.missing.join());
    const unpaid = { ok: true, env: { ...parsed.env, payments: undefined } } as const;
    const { path } = scoreOf(await publicAgent());
    for (const headers of [{}, { "payment-signature": "AAAA" }]) {
      const request = new Request(`https://api.armalo.test${path}`, { headers });
      const answer = await answerRequest(buildApp(operations), request, unpaid, () => undefined);
      expect(answer.status).toBe(401);
      expect(answer.headers.get("payment-required")).toBeNull();
      expect(answer.headers.get("www-authenticate")).toContain("Bearer");
    }
  });
});
