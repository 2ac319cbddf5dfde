import { describe, expect, it } from "vitest";
import { ownerSees, roundTrips } from "../../support/harness.ts";
import { callApi, createOrganization } from "../../support/organization.ts";
import { endpoint, register, wish } from "./register.ts";

const wallet = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
const errorPaths = (body: { errors?: { path: string }[] }) => (body.errors ?? []).map(({ path }) => path);

describe("registering an agent", () => {
  it("takes one round trip, and so does reading it", async () => {
    const org = await createOrganization();
    await org.call("GET", "/v1/agents");
    const created = await org.call("POST", "/v1/agents", wish({ walletAddress: wallet, capabilities: ["refunds", "answers"], endpoint }));
    expect(created.status).toBe(201);
    expect(await roundTrips(created.requestId)).toBe(1);
    const read = await org.call("GET", `/v1/agents/${created.body.id}`);
    expect(await roundTrips(read.requestId)).toBe(1);
    expect(read.body).toEqual(created.body);
    expect(read.body).toMatchObject({ versionNumber: 1, walletAddress: wallet, endpoint: { proof: { state: "unproven" } } });
    const versions = await ownerSees("select number, digest from agent_versions where agent_id = $1", created.body.id);
    expect(versions).toEqual([{ number: 1, digest: created.body.versionDigest }]);
  });

  it.each<[object, string]>([
    [{ externalId: "a b" }, "body.externalId"],
    [{ name: "  " }, "body.name"],
    [{ name: undefined }, "body.name"],
    [{ nickname: "x" }, "body.nickname"],
    [{ capabilities: ["a", "a"] }, "body.capabilities"],
    [{ walletAddress: wallet.toLowerCase() }, "body.walletAddress"],
    [{ name: "nul \0" }, "body"],
    [{ description: "half \ud800 of a pair" }, "body"],
    [{ endpoint: { ...endpoint, protocol: "grpc" } }, "body.endpoint.protocol"],
    [{ endpoint: { ...endpoint, url: "not a url" } }, "body.endpoint.url"],
    [{ endpoint: { ...endpoint, url: "http://agent.example.com/" } }, "body.endpoint.url"],
    [{ endpoint: { ...endpoint, url: "https://10.0.0.1/" } }, "body.endpoint.url"],
    [{ endpoint: { ...endpoint, url: "https://user:pass@agent.example.com/" } }, "body.endpoint.url"],
    [{ endpoint: { ...endpoint, url: "https://api.armalo.test/v1/agents" } }, "body.endpoint.url"],
    [{ endpoint: { ...endpoint, headers: { Host: "other.example.com" } } }, "body.endpoint.headers.Host"],
    [{ endpoint: { ...endpoint, headers: { "Content-Length": "3" } } }, "body.endpoint.headers.Content-Length"],
    [{ endpoint: { ...endpoint, headers: { "X-A": "a\r\nHost: b" } } }, "body.endpoint.headers.X-A"],
    [{ endpoint: { ...endpoint, headers: { "X-A": "a", "x-a": "b" } } }, "body.endpoint.headers"],
  ])("refuses %j and names the field", async (fields, path) => {
    const org = await createOrganization();
    const answer = await org.call("POST", "/v1/agents", wish(fields));
    expect([answer.status, answer.body.code]).toEqual([400, "invalid_request"]);
    expect(errorPaths(answer.body)).toContain(path);
    expect((await org.call("GET", "/v1/agents")).body.items).toEqual([]);
  });

  it("refuses an external id that the organization has used, and lets another one use it", async () => {
    const [org, other] = await Promise.all([createOrganization(), createOrganization()]);
    const body = wish();
    expect((await org.call("POST", "/v1/agents", body)).status).toBe(201);
    const again = await org.call("POST", "/v1/agents", body);
    expect([again.status, again.body.code]).toEqual([409, "state_conflict"]);
    expect(errorPaths(again.body)).toEqual(["body.externalId"]);
    expect((await other.call("POST", "/v1/agents", body)).status).toBe(201);
  });

  it("happens once for an Idempotency-Key, with the same answer", async () => {
    const org = await createOrganization();
    const body = wish({ endpoint });
    const first = await org.call("POST", "/v1/agents", body, { "idempotency-key": "k1" });
    const second = await org.call("POST", "/v1/agents", body, { "idempotency-key": "k1" });
    expect([second.status, second.body]).toEqual([201, first.body]);
    expect((await org.call("GET", "/v1/agents")).body.items).toHaveLength(1);
  });
});

describe("a batch", () => {
  it("is registered in one round trip under one audit event", async () => {
    const org = await createOrganization();
    await org.call("GET", "/v1/agents");
    const answer = await org.call("POST", "/v1/agents/batch", { agents: Array.from({ length: 50 }, () => wish({ endpoint })) });
    expect(answer.status).toBe(201);
    expect(answer.body.items).toHaveLength(50);
    expect(await roundTrips(answer.requestId)).toBe(1);
    const events = await ownerSees("select action from audit_events where org_id = $1 and action like 'agent.%'", org.orgId);
    expect(events).toEqual([{ action: "agent.batch_created" }]);
  });

  it("is all or nothing, and names every item that is at fault", async () => {
    const org = await createOrganization();
    const taken = await register(org);
    const twice = wish();
    const attempts: [object[], number, string[]][] = [
      [[wish(), wish({ walletAddress: "0x1" }), wish({ name: "" })], 400, ["body.agents.1.walletAddress", "body.agents.2.name"]],
      [[wish(), twice, twice], 400, ["body.agents.2.externalId"]],
      [
        [
          wish({ endpoint: { ...endpoint, url: "https://127.0.0.1/" } }),
          wish(),
          wish({ endpoint: { ...endpoint, url: "ftp://a.example.com" } }),
        ],
        400,
        ["body.agents.0.endpoint.url", "body.agents.2.endpoint.url"],
      ],
      [[wish(), wish({ externalId: taken.externalId })], 409, ["body.agents.1.externalId"]],
      [[], 400, ["body.agents"]],
      [Array.from({ length: 51 }, () => wish()), 400, ["body.agents"]],
    ];
    for (const [agents, status, paths] of attempts) {
      const answer = await org.call("POST", "/v1/agents/batch", { agents });
      expect(answer.status).toBe(status);
      expect(errorPaths(answer.body)).toEqual(paths);
    }
    expect((await org.call("GET", "/v1/agents")).body.items.map(({ id }: { id: string }) => id)).toEqual([taken.id]);
  });
});

describe("the list of agents", () => {
  it("is paged, newest first, and filtered", async () => {
    const org = await createOrganization();
    await org.call("POST", "/v1/agents/batch", { agents: Array.from({ length: 5 }, (_, i) => wish({ isPublic: i % 2 === 0 })) });
    const last = await register(org);
    const seen: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const page: { body: { items: { id: string }[]; nextCursor: string | null } } = await org.call(
        "GET",
        `/v1/agents?limit=2${cursor === "" ? "" : `&cursor=${cursor}`}`,
      );
      seen.push(...page.body.items.map(({ id }) => id));
      cursor = page.body.nextCursor;
    }
    expect(new Set(seen).size).toBe(6);
    expect(seen[0]).toBe(last.id);
    expect((await org.call("GET", "/v1/agents?isPublic=true")).body.items).toHaveLength(3);
    expect((await org.call("GET", `/v1/agents?externalId=${last.externalId}`)).body.items).toEqual([last]);
    await org.call("POST", `/v1/agents/${last.id}/archive`);
    expect((await org.call("GET", `/v1/agents?externalId=${last.externalId}`)).body.items).toEqual([]);
    expect((await org.call("GET", "/v1/agents?archived=true")).body.items).toHaveLength(1);
    expect((await org.call("GET", "/v1/agents?archived=maybe")).status).toBe(400);
    expect((await org.call("GET", "/v1/agents?name=x")).status).toBe(400);
  });
});

describe("changing an agent", () => {
  it("makes a new version exactly where what defines it changes, in at most two round trips", async () => {
    const org = await createOrganization();
    const agent = await register(org, { capabilities: ["a", "b"], endpoint, version: "1.0" });
    const change = async (changes: object) => {
      const answer = await org.call("PATCH", `/v1/agents/${agent.id}`, changes);
      expect(answer.status, answer.text).toBe(200);
      expect(await roundTrips(answer.requestId)).toBe(2);
      return answer.body;
    };
    expect((await change({ name: "Other", description: "d", isPublic: true, walletAddress: wallet })).versionNumber).toBe(1);
    expect((await change({ capabilities: ["b", "a"] })).versionNumber).toBe(1);
    expect((await change({ endpoint: { ...endpoint, headers: { "x-new": "1" } } })).versionNumber).toBe(1);
    const steps = [
      { capabilities: ["a"] },
      { provider: "p" },
      { modelFamily: "m" },
      { version: "1.1" },
      { endpoint: { ...endpoint, protocol: "openai" } },
      { endpoint: null },
    ];
    for (const [i, changes] of steps.entries()) expect((await change(changes)).versionNumber).toBe(i + 2);
    const versions = await ownerSees("select number, digest from agent_versions where agent_id = $1 order by number", agent.id);
    expect(versions).toHaveLength(7);
    expect(new Set(versions.map(({ digest }) => digest)).size).toBe(7);
  });

  it("refuses nothing, unknown fields, another external id, and what is archived", async () => {
    const org = await createOrganization();
    const agent = await register(org);
    expect((await org.call("PATCH", `/v1/agents/${agent.id}`, {})).status).toBe(400);
    expect(errorPaths((await org.call("PATCH", `/v1/agents/${agent.id}`, { name: "x", externalId: "x" })).body)).toEqual([
      "body.externalId",
    ]);
    expect(
      errorPaths((await org.call("PATCH", `/v1/agents/${agent.id}`, { endpoint: { ...endpoint, url: "https://[::1]/" } })).body),
    ).toEqual(["body.endpoint.url"]);
    expect((await org.call("POST", `/v1/agents/${agent.id}/archive`)).status).toBe(200);
    for (const [method, path, body] of [
      ["PATCH", "", { name: "x" }],
      ["POST", "/archive", undefined],
      ["POST", "/prove-endpoint", undefined],
    ] as const) {
      expect((await org.call(method, `/v1/agents/${agent.id}${path}`, body)).status).toBe(409);
    }
    expect((await org.call("GET", `/v1/agents/${agent.id}`)).body.archivedAt).not.toBeNull();
  });

  it("by two at the same moment succeeds for one of them at most, or for both in turn", async () => {
    const org = await createOrganization();
    const agent = await register(org);
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, i) => org.call("PATCH", `/v1/agents/${agent.id}`, { version: `v${i}` })),
    );
    const done = answers.filter(({ status }) => status === 200);
    expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
    expect((await org.call("GET", `/v1/agents/${agent.id}`)).body.versionNumber).toBe(1 + done.length);
    expect(await ownerSees("select 1 from agent_versions where agent_id = $1", agent.id)).toHaveLength(1 + done.length);
  });
});

describe("a key that is bound to an agent", () => {
  it("acts as that agent and no other", async () => {
    const org = await createOrganization();
    const [mine, other] = await Promise.all([register(org), register(org)]);
    const key = await org.call("POST", "/v1/keys", { name: "bound", scopes: ["agents:read", "agents:write"], agentId: mine.id });
    const call = (method: string, path: string, body?: unknown) =>
      callApi(method, path, body, { authorization: `Bearer ${key.body.key}`, "cf-connecting-ip": org.address });
    expect((await call("GET", `/v1/agents/${mine.id}`)).status).toBe(200);
    expect((await call("GET", "/v1/agents")).body.items.map(({ id }: { id: string }) => id)).toEqual([mine.id]);
    expect((await call("PATCH", `/v1/agents/${mine.id}`, { name: "Me" })).status).toBe(200);
    for (const [method, path, body] of [
      ["GET", "", undefined],
      ["PATCH", "", { name: "x" }],
      ["POST", "/archive", undefined],
      ["POST", "/prove-endpoint", undefined],
    ] as const) {
      expect((await call(method, `/v1/agents/${other.id}${path}`, body)).status).toBe(404);
    }
    expect((await call("POST", "/v1/agents", wish())).status).toBe(403);
    expect((await call("POST", "/v1/agents/batch", { agents: [wish()] })).status).toBe(403);
    const refused = wish({ endpoint: { ...endpoint, url: "https://127.0.0.1/" } });
    expect((await call("POST", "/v1/agents", refused)).status).toBe(403);
    expect((await call("POST", "/v1/agents/batch", { agents: [refused] })).status).toBe(403);
  });
});
