import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { webhookEventTypes } from "../../../src/webhooks/event-types.ts";
import { ownerSees } from "../../support/harness.ts";
import { createOrganization, type TestOrganization } from "../../support/organization.ts";
import { asBearer } from "../../support/rooms.ts";
import { setName } from "../../support/webhook-receiver.ts";
import { newEndpoint } from "../../support/webhooks.ts";

const collection = "/v1/webhook-endpoints";
const subscribable = webhookEventTypes.filter((type) => type !== "webhook.test");

const create = async (org: TestOrganization, body: object = {}, headers: Record<string, string> = {}) =>
  org.call("POST", collection, { url: `${env.RECEIVER_URL}/hook/none`, eventTypes: ["score.changed"], ...body }, headers);

describe("a new webhook endpoint", () => {
  it("shows its secret once: not when it is read, listed, or asked for again", async () => {
    const org = await createOrganization();
    const made = await create(org, { description: "Ours" }, { "idempotency-key": "one" });
    expect(made.status, made.text).toBe(201);
    const { secret, ...shown } = made.body;
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(shown).toMatchObject({
      status: "enabled",
      disabledReason: null,
      paused: null,
      scheme: "v1",
      description: "Ours",
      eventTypes: ["score.changed"],
      signing: [{ version: 1, publicKey: null, signsUntil: null }],
      health: { failingSince: null, alertedPercent: 0, lastSuccessAt: null, lastFailureAt: null },
    });
    const read = await org.call("GET", `${collection}/${shown.id}`);
    const listed = await org.call("GET", collection);
    expect([read.body, listed.body.items]).toEqual([shown, [shown]]);
    for (let tries = 0; tries < 50; tries += 1) {
      const again = await create(org, { description: "Ours" }, { "idempotency-key": "one" });
      if (again.body.code === "idempotency_in_progress") continue;
      expect([again.status, again.body]).toEqual([201, { ...shown, secret: null }]);
      break;
    }
    const rows = await ownerSees("select sealed_secret from webhook_secrets where org_id = $1", org.orgId);
    expect(rows).toHaveLength(1);
    expect(String(rows[0]?.["sealed_secret"])).not.toContain(secret.slice(6));
  });

  it("has a secret that is never logged, nor is its successor", async () => {
    const org = await createOrganization();
    const lines: string[] = [];
    for (const level of ["log", "warn", "error"] as const)
      vi.spyOn(console, level).mockImplementation((...args) => void lines.push(args.join(" ")));
    const made = await create(org, {}, { "idempotency-key": "logged" });
    const rotated = await org.call("POST", `${collection}/${made.body.id}/rotate-secret`);
    await org.call("PATCH", `${collection}/${made.body.id}`, { url: "https://10.0.0.1/?token=hidden" });
    vi.restoreAllMocks();
    expect(lines.join()).toContain("webhook_endpoints.rotate_secret");
    for (const { secret } of [made.body, rotated.body]) expect(lines.join()).not.toContain(secret.slice(6));
    expect(lines.join()).not.toContain("hidden");
  });

  it("that asks for Ed25519 shows its public key at any time, and no secret", async () => {
    const org = await createOrganization();
    const made = await create(org, { scheme: "v1a" });
    expect(made.body.secret).toBeNull();
    const { body } = await org.call("GET", `${collection}/${made.body.id}`);
    expect(body.signing).toEqual([{ version: 1, publicKey: expect.stringMatching(/^whpk_[A-Za-z0-9+/]{43}=$/), signsUntil: null }]);
  });

  it("takes a list of known types, each once, and an empty one; and nothing else", async () => {
    const org = await createOrganization();
    const statusOf = async (eventTypes: unknown): Promise<number> => (await create(org, { eventTypes })).status;
    expect(await statusOf([])).toBe(201);
    expect(await statusOf(subscribable)).toBe(201);
    for (const refused of [
      undefined,
      null,
      "score.changed",
      ["*"],
      ["score.*"],
      ["score.gone"],
      ["webhook.test"],
      ["key.created", "key.created"],
    ])
      expect(await statusOf(refused), JSON.stringify(refused)).toBe(400);
  });

  it("is refused where nothing may be sent, before anything is written", async () => {
    const org = await createOrganization();
    await setName("hooks-private.acme.com", ["10.0.0.7"]);
    await setName("hooks-mixed.acme.com", ["93.184.215.14", "fd00::1"]);
    await setName("hooks-empty.acme.com", []);
    const refused = [
      "http://hooks.acme.com/",
      "https://user:word@hooks.acme.com/",
      "https://user@hooks.acme.com/",
      "https://hooks.acme.com:8443/",
      "https://203.0.113.7/",
      "https://2130706433/",
      "https://[::1]/",
      "https://api.armalo.test/v1/agents",
      "http://127.0.0.1/",
      "http://localhost:1234/",
      "https://hooks.internal/",
      "ftp://hooks.acme.com/",
      "not a url",
      "",
      "https://hooks-private.acme.com/",
      "https://hooks-mixed.acme.com/",
      "https://hooks-empty.acme.com/",
    ];
    for (const url of refused) {
      const answer = await create(org, { url });
      expect([answer.status, answer.body.code, answer.body.errors?.[0]?.path], url).toEqual([400, "invalid_request", "body.url"]);
      expect(answer.text).not.toContain("10.0.0.7");
    }
    const unknown = await create(org, { url: "https://hooks-unresolved.acme.com/" });
    expect([unknown.status, unknown.body.code]).toEqual([503, "unavailable"]);
    expect((await org.call("GET", collection)).body.items).toEqual([]);
  });

  it("may be at a name that leads to public addresses only", async () => {
    await setName("hooks-public.acme.com", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"]);
    const org = await createOrganization();
    const made = await create(org, { url: "https://hooks-public.acme.com/in?a=1#part" });
    expect([made.status, made.body.url], made.text).toEqual([201, "https://hooks-public.acme.com/in?a=1"]);
  });

  it("is one of at most as many as the plan allows, also when they are made at the same moment", async () => {
    const free = await createOrganization({ plan: "free" });
    const none = await create(free);
    expect([none.status, none.body.code]).toEqual([409, "plan_limit"]);
    const pro = await createOrganization({ plan: "pro" });
    for (let made = 0; made < 8; made += 1) expect((await create(pro)).status).toBe(201);
    const answers = await Promise.all(Array.from({ length: 5 }, () => create(pro)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 201, 409, 409, 409]);
    expect(answers.find(({ status }) => status === 409)?.body.code).toBe("plan_limit");
    const { items } = (await pro.call("GET", collection)).body;
    expect(items).toHaveLength(10);
    expect((await pro.call("DELETE", `${collection}/${items[0].id}`)).status).toBe(200);
    expect((await create(pro)).status).toBe(201);
  });

  it("is not seen or changed by a key that is bound to one agent", async () => {
    const org = await createOrganization();
    const { path } = await newEndpoint(org);
    const agent = await org.call("POST", "/v1/agents", { externalId: "one", name: "One" });
    const key = await org.call("POST", "/v1/keys", {
      name: "bound",
      scopes: ["webhooks:read", "webhooks:write", "audit:read"],
      agentId: agent.body.id,
    });
    const bound = asBearer(org, key.body.key);
    const since = "2026-01-01T00:00:00Z";
    const delivery = `${path}/deliveries/evt_0000000000000000000000`;
    const answers = [
      await create(bound),
      await bound.call("GET", collection),
      await bound.call("GET", path),
      await bound.call("PATCH", path, { description: "Mine" }),
      await bound.call("DELETE", path),
      ...(await Promise.all(["enable", "disable", "rotate-secret", "test"].map((verb) => bound.call("POST", `${path}/${verb}`)))),
      await bound.call("POST", `${path}/recover`, { since }),
      await bound.call("GET", `${path}/deliveries`),
      await bound.call("GET", delivery),
      await bound.call("POST", `${delivery}/replay`),
      await bound.call("GET", "/v1/notices"),
    ];
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 403));
  });
});

describe("the list of event types", () => {
  it("is open to anyone, and has a schema for each type", async () => {
    const org = await createOrganization();
    const response = await org.call("GET", "/v1/webhook-event-types", undefined, { authorization: "" });
    expect(response.status, response.text).toBe(200);
    expect(response.body.items.map(({ type }: { type: string }) => type)).toEqual([...webhookEventTypes]);
    for (const { type, schema } of response.body.items) {
      expect(schema.$schema).toBe("https://json-schema.org/draft/2020-12/schema");
      expect(schema.properties.type.const).toBe(type);
      expect(schema.required.toSorted()).toEqual(["data", "id", "organizationId", "timestamp", "type"]);
    }
  });
});
