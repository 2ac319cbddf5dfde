import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { actAsSystem } from "../../../src/access/system-principal.ts";
import { parseEnvironment } from "../../../src/env.ts";
import { openEndpointHeaders, selectAgent } from "../../../src/features/agents/index.ts";
import { ownerSees, roundTrips } from "../../support/harness.ts";
import { callApi, createOrganization, type TestOrganization } from "../../support/organization.ts";

const wallet = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
const endpoint = {
  url: "https://agent.example.com/ask",
  protocol: "json",
  headers: { "X-Key": "hunter2", Authorization: "Bearer secret" },
};
let made = 0;
const wish = (fields: object = {}) => ({ externalId: `agent-${(made += 1)}`, name: "Support", ...fields });

async function register(org: TestOrganization, fields: object = {}) {
  const answer = await org.call("POST", "/v1/agents", wish(fields));
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
}
const errorPaths = (body: { errors?: { path: string }[] }) => (body.errors ?? []).map(({ path }) => path);

/** What the Worker itself uses for work that no request asked for. */
async function inside(org: TestOrganization) {
  const parsed = parseEnvironment(env);
  if (!parsed.ok) throw new Error("no environment");
  const work = await actAsSystem(parsed.env, org.orgId, "system:test");
  const read = async (agentId: string) => {
    const [[row]] = await work.tenant.read((db) => [selectAgent(db, agentId)]);
    if (row === undefined) throw new Error("no agent");
    return row;
  };
  const box = work.openBox();
  return { read, box, open: async (agentId: string) => openEndpointHeaders(box, await read(agentId)) };
}

afterEach(() => {
  vi.restoreAllMocks();
});

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

describe("the secrets of an endpoint", () => {
  it("are sealed, open for a call, and never come back", async () => {
    const org = await createOrganization();
    const created = await org.call("POST", "/v1/agents", wish({ endpoint }));
    const read = await org.call("GET", `/v1/agents/${created.body.id}`);
    const events = await org.call("GET", "/v1/audit-events");
    const [row] = await ownerSees("select * from agents where id = $1", created.body.id);
    for (const text of [created.text, read.text, events.text, JSON.stringify(row)]) {
      expect(text).not.toContain("hunter2");
      expect(text).not.toContain("Bearer secret");
    }
    expect(read.body.endpoint.headerNames).toEqual(["x-key", "authorization"]);
    expect(await (await inside(org)).open(created.body.id)).toEqual({ "x-key": "hunter2", authorization: "Bearer secret" });
  });

  it("do not open in another row, under another name, or in another organization", async () => {
    const [org, other] = await Promise.all([createOrganization(), createOrganization()]);
    const [from, to] = await Promise.all([register(org, { endpoint }), register(org, { endpoint })]);
    const { read, box } = await inside(org);
    const { endpointHeaders } = await read(from.id);
    const renamed = endpointHeaders.map(({ sealedValue }, i) => ({ name: endpointHeaders[1 - i]?.name ?? "", sealedValue }));
    await expect(openEndpointHeaders(box, { id: from.id, endpointHeaders })).resolves.toMatchObject({ "x-key": "hunter2" });
    await expect(openEndpointHeaders(box, { id: to.id, endpointHeaders })).rejects.toThrow();
    await expect(openEndpointHeaders(box, { id: from.id, endpointHeaders: renamed })).rejects.toThrow();
    await expect(openEndpointHeaders((await inside(other)).box, { id: from.id, endpointHeaders })).rejects.toThrow();
  });

  it("stay with their origin: another one never receives them", async () => {
    const org = await createOrganization();
    const agent = await register(org, { endpoint });
    const change = async (url: string, headers?: object) =>
      (await org.call("PATCH", `/v1/agents/${agent.id}`, { endpoint: { url, protocol: "json", ...(headers && { headers }) } })).body
        .endpoint;
    const elsewhere = "https://elsewhere.example.com/";
    expect((await change("https://agent.example.com/other")).headerNames).toEqual(["x-key", "authorization"]);
    const before = (await org.call("GET", `/v1/agents/${agent.id}`)).body.endpoint.proof.challenge.token;
    const moved = await change(elsewhere);
    expect(moved.headerNames).toEqual([]);
    expect(moved.proof.challenge.token).not.toBe(before);
    expect((await change("https://agent.example.com/ask")).headerNames).toEqual([]);
    expect((await change(elsewhere, { "X-Key": "new" })).headerNames).toEqual(["x-key"]);
  });

  it("are gone once the agent is archived", async () => {
    const org = await createOrganization();
    const agent = await register(org, { endpoint });
    await org.call("POST", `/v1/agents/${agent.id}/archive`);
    expect((await (await inside(org)).read(agent.id)).endpointHeaders).toEqual([]);
  });
});

describe("proving an endpoint", () => {
  /** The outside world: names that resolve to a public address, and an origin that serves what it is told to. */
  function serve(reply: () => Response) {
    const real = globalThis.fetch;
    const asked: string[] = [];
    vi.spyOn(globalThis, "fetch").mockImplementation(async (target, init) => {
      const url = new URL(target instanceof Request ? target.url : target);
      if (url.hostname === "cloudflare-dns.com") {
        const type = url.searchParams.get("type") === "A" ? 1 : 28;
        return Response.json({ Status: 0, Answer: type === 1 ? [{ type, data: "93.184.215.14" }] : [] });
      }
      if (url.hostname !== "agent.example.com") return real(target, init);
      asked.push(`${init?.method ?? "GET"} ${url.href}`);
      expect(new Headers(init?.headers).has("x-key")).toBe(false);
      return reply();
    });
    return asked;
  }

  it("asks the origin for the challenge, without the endpoint's secrets, in two round trips", async () => {
    const org = await createOrganization();
    const agent = await register(org, { endpoint });
    const { url, token } = agent.endpoint.proof.challenge;
    const asked = serve(() => new Response(`armalo-other\n${token}\n`));
    const proven = await org.call("POST", `/v1/agents/${agent.id}/prove-endpoint`);
    expect(proven.status, proven.text).toBe(200);
    expect(await roundTrips(proven.requestId)).toBe(2);
    expect(asked).toEqual([`GET ${url}`]);
    expect(url).toBe("https://agent.example.com/.well-known/armalo-challenge");
    expect(proven.body.endpoint.proof).toMatchObject({ state: "proven", challenge: { token } });
    expect(proven.body.versionNumber).toBe(1);

    const change = async (wanted: string) =>
      (await org.call("PATCH", `/v1/agents/${agent.id}`, { endpoint: { url: wanted, protocol: "json" } })).body.endpoint.proof;
    expect((await change("https://agent.example.com/v2")).state).toBe("proven");
    const moved = await change("https://sub.agent.example.com/v2");
    expect(moved).toMatchObject({ state: "unproven", provenAt: null });
    expect(moved.challenge.token).not.toBe(token);
  });

  it.each<[string, () => Response]>([
    ["serves nothing of the kind", () => new Response("not found", { status: 404 })],
    ["serves another token", () => new Response("armalo-wrong")],
    ["redirects", () => new Response(null, { status: 302, headers: { location: "https://elsewhere.example.com/" } })],
    ["answers with a page without end", () => new Response("x".repeat(100_000))],
  ])("fails with a reason, and changes nothing, where the origin %s", async (_name, reply) => {
    const org = await createOrganization();
    const agent = await register(org, { endpoint });
    serve(reply);
    const answer = await org.call("POST", `/v1/agents/${agent.id}/prove-endpoint`);
    expect([answer.status, answer.body.code]).toEqual([409, "state_conflict"]);
    expect(answer.body.errors[0].path).toBe("endpoint");
    expect((await org.call("GET", `/v1/agents/${agent.id}`)).body).toEqual(agent);
  });

  it("is for endpoints that need it", async () => {
    const org = await createOrganization();
    const local = await register(org, { endpoint: { url: "http://127.0.0.1:65001/ask", protocol: "json" } });
    const none = await register(org);
    expect(local.endpoint.proof).toMatchObject({ state: "not_needed", challenge: null });
    expect((await org.call("POST", `/v1/agents/${local.id}/prove-endpoint`)).status).toBe(409);
    expect((await org.call("POST", `/v1/agents/${none.id}/prove-endpoint`)).status).toBe(409);
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
  });
});
