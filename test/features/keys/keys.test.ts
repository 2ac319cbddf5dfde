import { env } from "cloudflare:workers";
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { failDatabase, ownerSees, roundTrips } from "../../support/harness.ts";
import { callApi, createOrganization, type TestOrganization } from "../../support/organization.ts";

afterEach(() => void vi.useRealTimers());

const as = (org: TestOrganization, key: string) => (method: string, path: string, body?: unknown) =>
  callApi(method, path, body, { authorization: `Bearer ${key}`, "cf-connecting-ip": org.address });

async function mint(org: TestOrganization, wish: object = {}) {
  const made = await org.call("POST", "/v1/keys", { name: "worker", scopes: ["keys:read", "keys:write"], ...wish });
  expect(made.status).toBe(201);
  return { ...made.body, call: as(org, made.body.key) };
}

describe("API keys", () => {
  it("are created in one round trip, read in one, and shown once", async () => {
    const org = await createOrganization();
    await org.call("GET", "/v1/keys");
    const made = await org.call("POST", "/v1/keys", { name: "reader", scopes: ["keys:read"] });
    expect(await roundTrips(made.requestId)).toBe(1);
    const read = await org.call("GET", `/v1/keys/${made.body.id}`);
    expect(await roundTrips(read.requestId)).toBe(1);
    expect(read.text).not.toContain(made.body.key.split("_")[4]);
    const [row] = await ownerSees("select * from api_keys where id = $1", made.body.id);
    expect(JSON.stringify(row)).not.toContain(made.body.key.split("_")[4]);
    expect(row?.secret_hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it("show when they were last used", async () => {
    const org = await createOrganization();
    const read = await org.call("GET", `/v1/keys/${org.keyId}`);
    expect(Date.parse(read.body.lastUsedAt)).toBeGreaterThan(Date.now() - 60_000);
  });

  it("are dead for the next request once revoked, tokens included", async () => {
    const org = await createOrganization();
    const key = await mint(org, { scopes: ["keys:read", "tokens:issue"] });
    const token = (await key.call("POST", "/v1/access-tokens", {})).body.accessToken;
    expect((await as(org, token)("GET", "/v1/keys")).status).toBe(200);
    expect((await org.call("POST", `/v1/keys/${key.id}/revoke`)).body.state).toBe("revoked");
    expect((await key.call("GET", "/v1/keys")).status).toBe(401);
    expect((await as(org, token)("GET", "/v1/keys")).status).toBe(401);
    expect((await org.call("POST", `/v1/keys/${key.id}/revoke`)).status).toBe(409);
  });

  it("stay revoked where the database missed it, and the gate's alarm brings it in line", async () => {
    const org = await createOrganization();
    const key = await mint(org);
    await failDatabase(org.orgId, "none");
    const stub = env.GATE.get(env.GATE.idFromName(org.orgId));
    await stub.restrictKey(org.orgId, { keyId: key.id, kind: "revoked", diesAt: Date.now() });
    expect((await key.call("GET", "/v1/keys")).status).toBe(401);
    await runInDurableObject(stub, (_gate, state) => state.storage.sql.exec("update restrictions set since = 0").toArray());
    await evict(org);
    await runDurableObjectAlarm(stub);
    const [row] = await ownerSees("select revoked_at from api_keys where id = $1", key.id);
    expect(row?.revoked_at).not.toBeNull();
    expect((await key.call("GET", "/v1/keys")).status).toBe(401);
  });

  it("rotate with an overlap that ends at its deadline and outlives no expiry", async () => {
    const org = await createOrganization();
    vi.useFakeTimers({ toFake: ["Date"] });
    const soon = new Date(Date.now() + 60_000).toISOString();
    const brief = await mint(org, { expiresAt: soon });
    const rotated = await org.call("POST", `/v1/keys/${brief.id}/rotate`, { overlapSeconds: 86_400 });
    expect(rotated.status).toBe(201);
    expect(rotated.body).toMatchObject({ replacesId: brief.id, expiresAt: soon });
    expect(await roundTrips(rotated.requestId)).toBe(2);
    expect((await brief.call("GET", "/v1/keys")).status).toBe(200);
    vi.setSystemTime(Date.now() + 60_000);
    expect((await brief.call("GET", "/v1/keys")).status).toBe(401);

    const key = await mint(org);
    const next = await org.call("POST", `/v1/keys/${key.id}/rotate`, { overlapSeconds: 0 });
    expect((await key.call("GET", "/v1/keys")).status).toBe(401);
    expect((await as(org, next.body.key)("GET", "/v1/keys")).status).toBe(200);
    expect((await org.call("POST", `/v1/keys/${key.id}/rotate`, { overlapSeconds: 0 })).status).toBe(409);
  });

  it("stay rotated out where two rotations meet", async () => {
    const org = await createOrganization();
    const key = await mint(org);
    const rotate = (overlapSeconds: number) => org.call("POST", `/v1/keys/${key.id}/rotate`, { overlapSeconds });
    const answers = await Promise.all([rotate(0), rotate(86_400), rotate(0)]);
    expect(answers.filter(({ status }) => status === 201).length).toBeGreaterThanOrEqual(1);
    const [row] = await ownerSees("select expires_at from api_keys where id = $1", key.id);
    expect(Date.parse(String(row?.expires_at))).toBeLessThanOrEqual(Date.now());
    expect((await rotate(86_400)).status).toBe(409);
  });

  it("mint nothing beyond themselves", async () => {
    const org = await createOrganization();
    const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
    const key = await mint(org, { cidrs: ["198.51.0.0/16"], expiresAt: day(2) });
    const wish = { name: "child", scopes: ["keys:read"], cidrs: ["198.51.100.0/24"], expiresAt: day(1) };
    expect((await key.call("POST", "/v1/keys", wish)).status).toBe(201);
    for (const wider of [
      { scopes: ["agents:read"] },
      { cidrs: [] },
      { cidrs: ["0.0.0.0/0"] },
      { expiresAt: null },
      { expiresAt: day(3) },
    ]) {
      expect((await key.call("POST", "/v1/keys", { ...wish, ...wider })).body).toMatchObject({ code: "forbidden" });
    }
    expect((await key.call("POST", "/v1/keys", { ...wish, expiresAt: day(-1) })).body.errors).toEqual([
      { path: "body.expiresAt", message: "Must be in the future." },
    ]);
  });

  it("are refused from other addresses", async () => {
    const org = await createOrganization();
    const key = await mint(org, { cidrs: ["203.0.113.0/24"] });
    expect((await key.call("GET", "/v1/keys")).body).toMatchObject({ code: "forbidden" });
    const inside = await callApi("GET", "/v1/keys", undefined, { authorization: `Bearer ${key.key}`, "cf-connecting-ip": "203.0.113.5" });
    expect(inside.status).toBe(200);
  });

  it("take address blocks in plain notation only", async () => {
    const org = await createOrganization();
    const wish = (cidr: string) => org.call("POST", "/v1/keys", { name: "x", scopes: ["keys:read"], cidrs: [cidr] });
    for (const odd of ["010.0.0.0/8", "10/8", "0x0a.0.0.0/8", "10.0.0.0", "10.0.0.0/33"]) expect((await wish(odd)).status, odd).toBe(400);
    for (const plain of ["10.0.0.0/8", "2001:db8::/32"]) expect((await wish(plain)).status, plain).toBe(201);
  });

  it("name only agents that exist", async () => {
    const org = await createOrganization();
    const made = await org.call("POST", "/v1/keys", { name: "x", scopes: ["keys:read"], agentId: `agt_${"0".repeat(22)}` });
    expect(made.body).toMatchObject({ code: "invalid_request" });
  });
});

async function evict(org: TestOrganization): Promise<void> {
  const { evictDurableObject } = await import("cloudflare:test");
  await evictDurableObject(env.GATE.get(env.GATE.idFromName(org.orgId)));
}

describe("a key that is bound to one agent", () => {
  it("sees and ends itself, and nothing else of its organization's credentials and records", async () => {
    const org = await createOrganization();
    const agent = await org.call("POST", "/v1/agents", { externalId: "bound", name: "Bound" });
    const bound = await mint(org, { scopes: ["keys:read", "keys:write", "audit:read"], agentId: agent.body.id });
    for (const path of ["/v1/keys", `/v1/keys/${org.keyId}`, "/v1/audit-events", "/v1/audit-events/export", "/v1/security-events"]) {
      expect((await bound.call("GET", path)).body, path).toMatchObject({ code: "forbidden" });
    }
    expect((await bound.call("POST", `/v1/keys/${org.keyId}/revoke`)).status).toBe(403);
    expect((await bound.call("GET", `/v1/keys/${bound.id}`)).status).toBe(200);
    const revoked = await bound.call("POST", `/v1/keys/${bound.id}/revoke`);
    expect(revoked.body.state).toBe("revoked");
    expect(Date.parse(revoked.body.lastUsedAt)).toBeGreaterThan(0);
  });
});
