import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { guardUnprovenHost } from "../../../src/access/flood-guard.ts";
import { actAsSystem } from "../../../src/access/system-principal.ts";
import { parseEnvironment } from "../../../src/env.ts";
import { openEndpointHeaders, selectAgent } from "../../../src/features/agents/index.ts";
import { ownerSees, roundTrips } from "../../support/harness.ts";
import { createOrganization, type TestOrganization } from "../../support/organization.ts";
import { endpoint, register, wish } from "./register.ts";
import { serveOrigin } from "./serve-origin.ts";

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
  return { environment: parsed.env, read, box, open: async (agentId: string) => openEndpointHeaders(box, await read(agentId)) };
}

afterEach(() => {
  vi.restoreAllMocks();
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
  it("asks the origin for the challenge, without the endpoint's secrets, in two round trips", async () => {
    const org = await createOrganization();
    const agent = await register(org, { endpoint });
    const { url, token } = agent.endpoint.proof.challenge;
    const asked = serveOrigin(() => new Response(`armalo-other\n${token}\n`));
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
    serveOrigin(reply);
    const answer = await org.call("POST", `/v1/agents/${agent.id}/prove-endpoint`);
    expect([answer.status, answer.body.code]).toEqual([409, "state_conflict"]);
    expect(answer.body.errors[0].path).toBe("endpoint");
    expect((await org.call("GET", `/v1/agents/${agent.id}`)).body).toEqual(agent);
  });

  it("is no way to send traffic to a host that does not want it", async () => {
    const org = await createOrganization();
    const agents = await Promise.all([register(org, { endpoint }), register(org, { endpoint })]);
    const asked = serveOrigin(() => new Response("not found", { status: 404 }));
    const { environment } = await inside(org);
    const isAllowed = () =>
      guardUnprovenHost(environment, org.orgId, "agent.example.com").then(
        () => true,
        () => false,
      );
    const answers: number[] = [];
    // Twice, for a minute may end in between.
    for (const { id } of agents) {
      for (let calls = 0; calls < 500 && (await isAllowed()); calls += 1);
      answers.push((await org.call("POST", `/v1/agents/${id}/prove-endpoint`)).status);
    }
    expect(answers).toContain(429);
    expect(asked).toHaveLength(answers.filter((status) => status !== 429).length);
    const other = await createOrganization();
    const theirs = await register(other, { endpoint });
    expect((await other.call("POST", `/v1/agents/${theirs.id}/prove-endpoint`)).status).toBe(409);
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
