import { env } from "cloudflare:workers";
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { answerRequest } from "../../src/http/answer-request.ts";
import { buildApp } from "../../src/app.ts";
import { parseEnvironment, type Bindings } from "../../src/env.ts";
import { operations } from "../../src/operations.ts";
import { failDatabase, ownerSees, roundTrips } from "../support/harness.ts";
import { callApi, createOrganization, type TestOrganization } from "../support/organization.ts";

const gateOf = (org: TestOrganization) => env.GATE.get(env.GATE.idFromName(org.orgId));

async function answerWith(bindings: Readonly<Record<string, unknown>>, org: TestOrganization, method = "GET", body?: object) {
  const pending: Promise<unknown>[] = [];
  const request = new Request("https://api.armalo.test/v1/keys", {
    method,
    headers: {
      authorization: `Bearer ${org.apiKey}`,
      "content-type": "application/json",
      "cf-connecting-ip": org.address,
      "idempotency-key": "x",
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const response = await answerRequest(buildApp(operations), request, parseEnvironment({ ...env, ...bindings }), (work) =>
    pending.push(work),
  );
  await Promise.all(pending);
  return response;
}

/** The minute does not end, however slow the machine is. */
const stopClock = () => vi.useFakeTimers({ toFake: ["Date"] });
afterEach(() => void vi.useRealTimers());

describe("the gate", () => {
  it("admits exactly the plan's requests in a minute, and says when to come back", async () => {
    stopClock();
    const org = await createOrganization({ plan: "free" });
    const answers = await Promise.all(Array.from({ length: 70 }, () => org.call("GET", "/v1/keys")));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(60);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(10);
    const [one] = refused;
    expect(one?.body.code).toBe("rate_limited");
    expect(Number(one?.headers.get("retry-after"))).toBeGreaterThan(50);
    expect(one?.headers.get("ratelimit-policy")).toBe('"plan";q=60;w=60');
    expect(one?.headers.get("ratelimit")).toMatch(/^"plan";r=0;t=\d+$/);
    expect(one?.headers.get("x-ratelimit-remaining")).toBe("0");
    await evictDurableObject(gateOf(org));
    expect((await org.call("GET", "/v1/keys")).status).toBe(429);
  });

  it("forgets no accepted request in a restart, whatever the plan", async () => {
    stopClock();
    const org = await createOrganization({ plan: "pro" });
    const first = await Promise.all(Array.from({ length: 300 }, () => org.call("GET", "/v1/keys")));
    await evictDurableObject(gateOf(org));
    const second = await Promise.all(Array.from({ length: 400 }, () => org.call("GET", "/v1/keys")));
    const accepted = [...first, ...second].filter(({ status }) => status === 200).length;
    expect(accepted).toBeLessThanOrEqual(600);
    expect(accepted).toBeGreaterThan(580);
  });

  it("asks the database nothing about a key that it knows", async () => {
    const org = await createOrganization();
    await org.call("GET", "/v1/keys");
    const warm = await org.call("GET", "/v1/keys");
    expect(await roundTrips(warm.requestId)).toBe(1);
    expect(warm.headers.get("server-timing")).toContain('desc="1 round trips"');
  });

  it("sums refusals per credential and minute, and hands them to the organization", async () => {
    stopClock();
    const org = await createOrganization({ scopes: ["keys:read", "audit:read"] });
    for (let at = 0; at < 5; at += 1) await org.call("POST", "/v1/keys", {});
    await runInDurableObject(gateOf(org), (_gate, { storage }) => void storage.sql.exec("update security set minute = minute - 60000"));
    await evictDurableObject(gateOf(org));
    await runDurableObjectAlarm(gateOf(org));
    const events = await org.call("GET", "/v1/security-events");
    expect(events.body.items).toMatchObject([{ kind: "scope_denied", credential: org.keyId }]);
    expect(events.body.items[0].count).toBeGreaterThanOrEqual(4);
  });

  it("forgets idempotency keys after a day by itself", async () => {
    const org = await createOrganization();
    await org.call("POST", "/v1/keys", { name: "x", scopes: ["keys:read"] }, { "idempotency-key": "once" });
    await runInDurableObject(gateOf(org), async (_gate, { storage }) => {
      expect(await storage.getAlarm()).not.toBeNull();
      storage.sql.exec("update idempotency set at = at - 90000000");
    });
    await runDurableObjectAlarm(gateOf(org));
    await runInDurableObject(gateOf(org), (_gate, { storage }) => {
      expect(storage.sql.exec("select 1 from idempotency").toArray()).toEqual([]);
    });
  });

  it("keeps a revocation that follows a rotation", async () => {
    const org = await createOrganization();
    const key = await org.call("POST", "/v1/keys", { name: "x", scopes: ["keys:read"] });
    const restrict = (kind: "rotated" | "revoked") => gateOf(org).restrictKey(org.orgId, { keyId: key.body.id, kind, diesAt: Date.now() });
    await restrict("rotated");
    await restrict("revoked");
    await runInDurableObject(gateOf(org), (_gate, { storage }) => void storage.sql.exec("update restrictions set since = 0"));
    await evictDurableObject(gateOf(org));
    await runDurableObjectAlarm(gateOf(org));
    const [row] = await ownerSees("select revoked_at from api_keys where id = $1", key.body.id);
    expect(row?.revoked_at).not.toBeNull();
  });

  it("keeps a revocation that comes while an older rotation is being settled", async () => {
    const org = await createOrganization();
    const [slow, key] = [
      await org.call("POST", "/v1/keys", { name: "a", scopes: ["keys:read"] }),
      await org.call("POST", "/v1/keys", { name: "b", scopes: ["keys:read"] }),
    ];
    const restrict = (keyId: string, kind: "rotated" | "revoked") =>
      gateOf(org).restrictKey(org.orgId, { keyId, kind, diesAt: Date.now() });
    await restrict(slow.body.id, "revoked");
    await restrict(key.body.id, "rotated");
    await runInDurableObject(gateOf(org), (_gate, { storage }) => void storage.sql.exec("update restrictions set since = 0"));
    await evictDurableObject(gateOf(org));
    await runInDurableObject(gateOf(org), async (gate) => {
      const settling = gate.alarm();
      // Until it waits for the database, over the first of the two.
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
      await gate.restrictKey(org.orgId, { keyId: key.body.id, kind: "revoked", diesAt: Date.now() });
      await settling;
    });
    await runInDurableObject(gateOf(org), (_gate, { storage }) => {
      expect(storage.sql.exec("select key_id, kind from restrictions").toArray()).toEqual([{ key_id: key.body.id, kind: "revoked" }]);
    });
    expect(
      (await callApi("GET", "/v1/keys", undefined, { authorization: `Bearer ${key.body.key}`, "cf-connecting-ip": org.address })).status,
    ).toBe(401);
  });

  it("asks to be woken again where the database was away, and settles then", async () => {
    const org = await createOrganization();
    const key = await org.call("POST", "/v1/keys", { name: "x", scopes: ["keys:read"] });
    await gateOf(org).restrictKey(org.orgId, { keyId: key.body.id, kind: "revoked", diesAt: Date.now() });
    await runInDurableObject(gateOf(org), (_gate, { storage }) => void storage.sql.exec("update restrictions set since = 0"));
    await evictDurableObject(gateOf(org));
    await failDatabase(org.orgId, "down");
    await runDurableObjectAlarm(gateOf(org));
    await failDatabase(org.orgId, "none");
    expect(await runDurableObjectAlarm(gateOf(org))).toBe(true);
    const [row] = await ownerSees("select revoked_at from api_keys where id = $1", key.body.id);
    expect(row?.revoked_at).not.toBeNull();
  });

  it("fails closed: gate down, database down, encryption keys missing, wrong or malformed", async () => {
    const org = await createOrganization();
    const body = { name: "never", scopes: ["keys:read"] };
    const dead = () => ({ admit: () => Promise.reject(new Error("network connection lost")) });
    const otherKeys = `k9:${btoa("x".repeat(32))}`;
    const faults: Partial<Record<string, unknown>>[] = [
      { GATE: { idFromName: () => "id", get: dead } },
      { ENCRYPTION_KEYS: otherKeys },
      { ENCRYPTION_KEYS: undefined },
      { ENCRYPTION_KEYS: "short" },
      { DATABASE_URL: undefined },
      { API_KEY_TAG_SECRET: undefined },
    ];
    for (const fault of faults) {
      const response = await answerWith(fault, org, "POST", body);
      const answer: { code: string; requestId: string } = await response.json();
      expect(response.status).toBe(503);
      expect(answer.requestId).toBe(response.headers.get("x-request-id"));
      expect(response.headers.get("x-frame-options")).toBe("DENY");
    }
    await org.call("GET", "/v1/keys");
    await failDatabase(org.orgId, "down");
    expect((await org.call("POST", "/v1/keys", body)).status).toBe(503);
    await failDatabase(org.orgId, "none");
    expect(await ownerSees("select 1 from api_keys where org_id = $1 and name = 'never'", org.orgId)).toEqual([]);
    expect((await answerWith({}, org, "POST", body)).status).toBe(201);
  });

  it("refuses to start with the local way out while the database is elsewhere", () => {
    const parsed = parseEnvironment({ ...env, EGRESS: "local", DATABASE_ENDPOINT: "https://db.example/sql" } as Bindings);
    expect(parsed).toEqual({ ok: false, missing: ["EGRESS"] });
  });
});
