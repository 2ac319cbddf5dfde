import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { ownerSees, roundTrips } from "../../support/harness.ts";
import { createOrganization, type TestOrganization } from "../../support/organization.ts";

const argumentsSchema = { type: "object", properties: { orderId: { type: "string" } }, required: ["orderId"] };
const definition = {
  kind: "http",
  method: "POST",
  urlTemplate: `${env.UPSTREAM_URL}/orders/capabilities/{orderId}`,
  argumentsSchema,
  credential: { header: "authorization", prefix: "Bearer " },
};
const capability = (change: object = {}) => ({ name: "Refund", description: "Pays back.", definition, ...change });
const secret = "sk_live_never_shown";
const created = async (org: TestOrganization, change: object = {}) => (await org.call("POST", "/v1/capabilities", capability(change))).body;

describe("a capability", () => {
  it("is stored in one round trip, with its credential sealed and never shown", async () => {
    const org = await createOrganization();
    const made = await org.call("POST", "/v1/capabilities", capability({ credentialValue: secret }), { "idempotency-key": "once" });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ kind: "http", status: "active", version: 1, hasCredential: true, driftedDigest: null });
    expect(await roundTrips(made.requestId)).toBe(1);
    const read = await org.call("GET", `/v1/capabilities/${made.body.id}`);
    expect(read.body).toEqual(made.body);
    expect(await roundTrips(read.requestId)).toBe(1);
    const list = await org.call("GET", "/v1/capabilities?status=active");
    expect(list.body.items).toEqual([made.body]);
    const repeated = await org.call("POST", "/v1/capabilities", capability({ credentialValue: secret }), { "idempotency-key": "once" });
    expect(repeated.body).toEqual(made.body);
    const stored = await ownerSees("select sealed_value from capability_credentials where org_id = $1", org.orgId);
    expect(stored).toHaveLength(1);
    for (const text of [made.text, read.text, list.text, repeated.text, JSON.stringify(stored)]) expect(text).not.toContain(secret);
  });

  it.each([
    [{ definition: { ...definition, urlTemplate: "http://example.com/{orderId}" } }, "body.definition.urlTemplate"],
    [{ definition: { ...definition, urlTemplate: "https://api.armalo.test/v1/keys/{orderId}" } }, "body.definition.urlTemplate"],
    [{ definition: { ...definition, urlTemplate: `${env.UPSTREAM_URL}/{orderId}{orderId}` } }, "body.definition.urlTemplate"],
    [{ definition: { ...definition, argumentsSchema: { type: "object", propertys: {} } } }, "body.definition.argumentsSchema.propertys"],
    [{ definition: { ...definition, credential: { header: "host" } } }, "body.definition.credential.header"],
    [{ definition: { ...definition, credential: null }, credentialValue: secret }, "body.definition.credential"],
    [{ credentialValue: "short" }, "body.credentialValue"],
    [{ credentialValue: "two\r\nX-Admin: lines" }, "body.credentialValue"],
  ])("is refused where it cannot be used: %j", async (change, path) => {
    const org = await createOrganization();
    const refused = await org.call("POST", "/v1/capabilities", capability(change));
    expect([refused.status, refused.body.code]).toEqual([400, "invalid_request"]);
    expect(refused.body.errors.map((error: { path: string }) => error.path)).toContain(path);
    expect(refused.text).not.toContain(secret);
  });

  it("has its name for itself, until it is retired", async () => {
    const org = await createOrganization();
    const { id } = await created(org);
    expect((await org.call("POST", "/v1/capabilities", capability())).status).toBe(409);
    const retired = await org.call("POST", `/v1/capabilities/${id}/retire`);
    expect(retired.body).toMatchObject({ status: "retired", hasCredential: false });
    expect(await roundTrips(retired.requestId)).toBe(2);
    expect((await org.call("POST", "/v1/capabilities", capability())).status).toBe(201);
    for (const [path, body] of [
      ["retire", undefined],
      ["versions", { definition }],
      ["credential", { value: secret }],
    ] as const) {
      expect((await org.call("POST", `/v1/capabilities/${id}/${path}`, body)).status).toBe(409);
    }
  });
});

describe("a new version", () => {
  it("keeps the credential where it goes to the same place, and no other", async () => {
    const org = await createOrganization();
    const { id, digest } = await created(org, { credentialValue: secret });
    const version = (change: object, more: object = {}) =>
      org.call("POST", `/v1/capabilities/${id}/versions`, { definition: { ...definition, ...change }, ...more });
    const second = await version({ timeoutMs: 5_000 });
    expect(second.body).toMatchObject({ version: 2, hasCredential: true, description: "Pays back." });
    expect(second.body.digest).not.toBe(digest);
    expect(await roundTrips(second.requestId)).toBe(2);
    const moved = await version({ urlTemplate: `${env.UPSTREAM_URL}/echo/elsewhere/{orderId}` });
    expect(moved.body).toMatchObject({ version: 3, hasCredential: false });
    const back = await version({});
    expect(back.body).toMatchObject({ version: 4, hasCredential: false, digest });
    const given = await version({ credential: { header: "x-api-key" } }, { credentialValue: secret });
    expect(given.body).toMatchObject({ version: 5, hasCredential: true });
    expect((await version({ credential: { header: "x-api-key", prefix: "Key " } })).body.hasCredential).toBe(false);
    const versions = await org.call("GET", `/v1/capabilities/${id}/versions?limit=4`);
    expect(versions.body.items.map((item: { version: number }) => item.version)).toEqual([6, 5, 4, 3]);
    const rest = await org.call("GET", `/v1/capabilities/${id}/versions?limit=4&cursor=${versions.body.nextCursor}`);
    expect(rest.body.items.map((item: { version: number }) => item.version)).toEqual([2, 1]);
    expect((await ownerSees("select version from capability_credentials where org_id = $1 order by version", org.orgId)).length).toBe(2);
  });

  it("is of the same kind", async () => {
    const org = await createOrganization();
    const { id } = await created(org);
    const mcp = {
      kind: "mcp",
      url: `${env.UPSTREAM_URL}/mcp/kind`,
      tool: "add_order",
      toolDigest: `sha256:${"0".repeat(64)}`,
      argumentsSchema,
    };
    expect((await org.call("POST", `/v1/capabilities/${id}/versions`, { definition: mcp })).status).toBe(400);
  });

  it("is made once by two at the same time", async () => {
    const org = await createOrganization();
    const { id } = await created(org);
    const both = await Promise.all([1, 2].map(() => org.call("POST", `/v1/capabilities/${id}/versions`, { definition })));
    const statuses = both.map(({ status }) => status).toSorted();
    expect([
      [201, 201],
      [201, 409],
    ]).toContainEqual(statuses);
    const { body } = await org.call("GET", `/v1/capabilities/${id}`);
    expect(body.version).toBe(1 + statuses.filter((status) => status === 201).length);
  });
});

describe("a credential", () => {
  it("is set anew, taken away, and set again, and logged as that without what it is", async () => {
    const org = await createOrganization();
    const { id } = await created(org, { credentialValue: secret });
    const set = (value: string | null) => org.call("POST", `/v1/capabilities/${id}/credential`, { value });
    const [changed, removed, again] = [await set("another_secret"), await set(null), await set("a_third_secret")];
    expect([changed.body.hasCredential, removed.body.hasCredential, again.body.hasCredential]).toEqual([true, false, true]);
    expect(again.text).not.toContain("a_third_secret");
    expect(await ownerSees("select credential_version from capabilities where org_id = $1", org.orgId)).toEqual([
      { credential_version: 3 },
    ]);
    const events = await org.call("GET", "/v1/audit-events?limit=3");
    expect(events.body.items.map((event: { action: string }) => event.action)).toEqual(
      Array.from({ length: 3 }, () => "capability.credential_set"),
    );
  });

  it("has no place where the capability has none for it", async () => {
    const org = await createOrganization();
    const { id } = await created(org, { definition: { ...definition, credential: null } });
    expect((await org.call("POST", `/v1/capabilities/${id}/credential`, { value: secret })).status).toBe(409);
  });
});

describe("capabilities", () => {
  it("are not an agent's to read or change", async () => {
    const org = await createOrganization();
    const { id } = await created(org);
    const agent = await org.call("POST", "/v1/agents", { externalId: "bound", name: "Bound" });
    const scopes = ["capabilities:read", "capabilities:write"];
    const bound = await org.call("POST", "/v1/keys", { name: "bound", scopes, agentId: agent.body.id });
    const as = { authorization: `Bearer ${bound.body.key}` };
    for (const [method, path, body] of [
      ["GET", "", undefined],
      ["GET", `/${id}`, undefined],
      ["GET", `/${id}/versions`, undefined],
      ["POST", "", capability({ name: "Mine" })],
      ["POST", `/${id}/versions`, { definition }],
      ["POST", `/${id}/credential`, { value: secret }],
      ["POST", `/${id}/retire`, undefined],
      ["POST", "/discover-tools", { capabilityId: id }],
    ] as const) {
      const answer = await org.call(method, `/v1/capabilities${path}`, body, as);
      expect([method, path, answer.status, answer.body.code]).toEqual([method, path, 403, "forbidden"]);
    }
  });
});
