import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { jsonDigest } from "../../../src/crypto/digest.ts";
import { ownerSees, roundTrips } from "../../support/harness.ts";
import { createOrganization, type TestOrganization } from "../../support/organization.ts";

const at = (path: string): string => `${env.A2A_URL}${path}`;
const wellKnown = "/.well-known/agent-card.json";
const importCard = (org: TestOrganization, path = wellKnown, over: object = {}) =>
  org.call("POST", "/v1/agents/import-card", { externalId: "echo", cardUrl: at(path), ...over });
const getJson = async (path: string) => (await fetch(at(path), { headers: { "a2a-version": "1.0" } })).json<Record<string, unknown>>();

/** Pins the key with which the official SDK signed the test agent's card. */
async function pin(org: TestOrganization, over: object = {}) {
  const { kid, jwk } = await getJson("/card-key");
  const pinned = await org.call("POST", "/v1/card-keys", { kid, jwk, label: "Echo's maker", ...over });
  expect(pinned.status, pinned.text).toBe(201);
  return pinned.body;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("importing an agent card", () => {
  it("registers the agent that a card signed by the official SDK describes, verified by the pinned key, in two round trips", async () => {
    const org = await createOrganization();
    const key = await pin(org);
    const imported = await importCard(org, wellKnown, { isPublic: true, modelFamily: "small-1" });
    expect(imported.status, imported.text).toBe(201);
    expect(await roundTrips(imported.requestId)).toBe(2);
    const { agent, card } = imported.body;
    expect(agent).toMatchObject({
      externalId: "echo",
      name: "Echo",
      description: "Says what it is told.",
      provider: "Example Ltd",
      modelFamily: "small-1",
      capabilities: ["echo"],
      version: "2.1.0",
      versionNumber: 1,
      isPublic: true,
      endpoint: { url: at("/rpc"), protocol: "a2a", headerNames: [], proof: { state: "not_needed" } },
    });
    expect(card).toMatchObject({
      agentId: agent.id,
      url: at(wellKnown),
      digest: await jsonDigest((await getJson(wellKnown)) as never),
      protocolVersion: "1.0",
      signature: { outcome: "verified", key },
    });
    const read = await org.call("GET", `/v1/agents/${agent.id}/card`);
    expect(read.body).toEqual(card);
    expect(await roundTrips(read.requestId)).toBe(1);
    expect((await org.call("GET", `/v1/agents/${agent.id}`)).body).toEqual(agent);
    const [event] = (await org.call("GET", "/v1/audit-events?limit=1")).body.items;
    expect(event).toMatchObject({ action: "agent_card.imported", resource: agent.id });
  });

  it("never asks the place that a signature names for its key", async () => {
    const org = await createOrganization();
    const before = await getJson("/jwks-asked");
    const unknown = await importCard(org);
    expect(unknown.body.card.signature).toEqual({ outcome: "signed_by_unknown_key", key: null });
    await pin(org);
    expect((await importCard(org, wellKnown, { externalId: "echo-2" })).body.card.signature.outcome).toBe("verified");
    expect(await getJson("/jwks-asked")).toEqual(before);
  });

  it("keeps what is unsigned apart, and refuses a card that was changed after its signature", async () => {
    const org = await createOrganization();
    expect((await importCard(org, "/unsigned.json")).body.card.signature).toEqual({ outcome: "unsigned", key: null });
    await pin(org);
    const tampered = await importCard(org, "/tampered.json", { externalId: "mallory" });
    expect([tampered.status, tampered.body.code]).toEqual([409, "state_conflict"]);
    expect(tampered.body.errors[0].message).toContain("signature_invalid");
    expect((await org.call("GET", "/v1/agents?externalId=mallory")).body.items).toEqual([]);
  });

  it("knows no key of another organization, and none that was unpinned; what was verified says that its key is unpinned", async () => {
    const [org, other] = await Promise.all([createOrganization(), createOrganization()]);
    await pin(other);
    expect((await importCard(org)).body.card.signature.outcome).toBe("signed_by_unknown_key");
    const key = await pin(org);
    const verified = await importCard(org, wellKnown, { externalId: "then" });
    expect((await org.call("POST", `/v1/card-keys/${key.id}/unpin`)).status).toBe(200);
    expect((await importCard(org, wellKnown, { externalId: "now" })).body.card.signature.outcome).toBe("signed_by_unknown_key");
    const { signature } = (await org.call("GET", `/v1/agents/${verified.body.agent.id}/card`)).body;
    expect(signature.outcome).toBe("verified");
    expect(signature.key.unpinnedAt).not.toBeNull();
  });

  it("answers 404 for an agent that was registered without a card, and 409 for an external id that is taken", async () => {
    const org = await createOrganization();
    const plain = await org.call("POST", "/v1/agents", { externalId: "echo", name: "Plain" });
    expect((await org.call("GET", `/v1/agents/${plain.body.id}/card`)).status).toBe(404);
    const taken = await importCard(org, "/unsigned.json");
    expect([taken.status, taken.body.errors[0].path]).toEqual([409, "body.externalId"]);
  });

  it.each([
    ["http://agent.example.com/card.json", "not_https"],
    ["https://10.0.0.1/card.json", "ip_literal"],
    ["https://localhost/card.json", "not_a_public_name"],
    ["not a url", "not_a_url"],
  ])("fetches nothing from %s", async (cardUrl, reason) => {
    const org = await createOrganization();
    const refused = await org.call("POST", "/v1/agents/import-card", { externalId: "x", cardUrl });
    expect([refused.status, refused.body.errors[0].path]).toEqual([400, "body.cardUrl"]);
    expect(refused.body.errors[0].message).toContain(reason);
  });

  it("is not for a credential that is bound to an agent", async () => {
    const org = await createOrganization();
    const { agent } = (await importCard(org, "/unsigned.json")).body;
    const bound = await org.call("POST", "/v1/keys", { name: "bound", scopes: ["agents:read", "agents:write"], agentId: agent.id });
    const call = (method: string, path: string, body?: unknown) =>
      org.call(method, path, body, { authorization: `Bearer ${bound.body.key}` });
    expect((await call("GET", `/v1/agents/${agent.id}/card`)).status).toBe(200);
    expect((await call("POST", "/v1/agents/import-card", { externalId: "y", cardUrl: at("/unsigned.json") })).status).toBe(403);
    expect((await call("GET", "/v1/card-keys")).status).toBe(403);
  });

  it("leaves rows that nobody changes, not even the owner of the database", async () => {
    const org = await createOrganization();
    const { agent } = (await importCard(org, "/unsigned.json")).body;
    await expect(ownerSees("update agent_cards set signature = 'verified' where agent_id = $1 returning *", agent.id)).rejects.toThrow(
      /not allowed/,
    );
  });
});

describe("a card as its server serves it", () => {
  type Reply = () => Response;
  /** The outside world: one host with a card, on a public address. */
  function serve(reply: Reply) {
    const real = globalThis.fetch;
    const asked: { method: string; url: string; headers: Headers }[] = [];
    vi.spyOn(globalThis, "fetch").mockImplementation(async (target, init) => {
      const url = new URL(target instanceof Request ? target.url : target);
      if (url.href.startsWith(env.DOH_URL)) {
        const isA = url.searchParams.get("type") === "A";
        return Response.json({ Status: 0, Answer: isA ? [{ type: 1, data: "93.184.215.14" }] : [] });
      }
      if (url.hostname !== "agent.example.com") return real(target, init);
      asked.push({ method: init?.method ?? "GET", url: url.href, headers: new Headers(init?.headers) });
      return reply();
    });
    return asked;
  }
  const cardUrl = "https://agent.example.com/.well-known/agent-card.json";
  const importServed = (org: TestOrganization) => org.call("POST", "/v1/agents/import-card", { externalId: "x", cardUrl });
  const interfaces = (...listed: readonly object[]) => ({ name: "A", supportedInterfaces: listed });
  const rpc = { url: "https://agent.example.com/rpc", protocolBinding: "JSONRPC", protocolVersion: "1.0" };

  it("is fetched without secrets, as a client of A2A 1.0, and its endpoint is still to be proven", async () => {
    const org = await createOrganization();
    const asked = serve(() => Response.json(interfaces(rpc)));
    const imported = await importServed(org);
    expect(imported.status, imported.text).toBe(201);
    expect(asked.map(({ url, method }) => `${method} ${url}`)).toEqual([`GET ${cardUrl}`]);
    expect(asked[0]?.headers.get("a2a-version")).toBe("1.0");
    expect(asked[0]?.headers.has("authorization")).toBe(false);
    expect(imported.body.agent.endpoint.proof).toMatchObject({ state: "unproven", challenge: { token: expect.any(String) } });
    const started = await org.call("POST", `/v1/agents/${imported.body.agent.id}/runs`, { suiteId: "sui_0000000000000000000000" });
    expect(started.status).not.toBe(202);
  });

  it("of revision 0.3 is spoken to as that revision is", async () => {
    const org = await createOrganization();
    serve(() => Response.json({ name: "Old", url: rpc.url, protocolVersion: "0.3.0", preferredTransport: "JSONRPC" }));
    const { agent, card } = (await importServed(org)).body;
    expect(agent.endpoint).toMatchObject({ url: rpc.url, protocol: "a2a-0.3" });
    expect(card.protocolVersion).toBe("0.3.0");
  });

  const json = (value: unknown) => () => Response.json(value);
  it.each<[string, Reply, string, string]>([
    ["a status that is not 200", () => new Response("{}", { status: 404 }), "card", "status 404"],
    [
      "a redirect",
      () => new Response(null, { status: 302, headers: { location: "https://elsewhere.example.com/" } }),
      "card",
      "(redirect)",
    ],
    ["a page", () => new Response("<html>"), "card", "not a JSON object"],
    ["a list", json([interfaces(rpc)]), "card", "not a JSON object"],
    ["too large", json({ ...interfaces(rpc), x: "x".repeat(140_000) }), "card", "(too_large)"],
    ["nested too deeply", () => new Response(`{"name":"A","x":${"[".repeat(40)}${"]".repeat(40)}}`), "card", "not a JSON object"],
    ["with half of a surrogate pair", () => new Response('{"name":"A","x":"\\ud800"}'), "card", "not a JSON object"],
    ["without a name", json({ supportedInterfaces: [rpc] }), "card.name", ""],
    ["with a skill without an id", json({ ...interfaces(rpc), skills: [{ name: "s" }] }), "card.skills.0.id", ""],
    ["without an interface", json(interfaces()), "card.supportedInterfaces", ""],
    ["only for other bindings", json(interfaces({ ...rpc, protocolBinding: "GRPC" })), "card.supportedInterfaces", ""],
    ["only of other revisions", json(interfaces({ ...rpc, protocolVersion: "2.0" })), "card.supportedInterfaces", ""],
    ["only for a tenant", json(interfaces({ ...rpc, tenant: "t" })), "card.supportedInterfaces", ""],
    ["of an endpoint that we do not call", json(interfaces({ ...rpc, url: "https://10.0.0.1/rpc" })), "card.endpoint.url", "ip_literal"],
    ["with signatures that are none", json({ ...interfaces(rpc), signatures: [{ protected: "x" }] }), "card", "malformed_signatures"],
  ])("is not imported where it is %s", async (_, reply, path, why) => {
    const org = await createOrganization();
    serve(reply);
    const refused = await importServed(org);
    expect([refused.status, refused.body.code, refused.body.errors?.[0].path], refused.text).toEqual([409, "state_conflict", path]);
    expect(refused.body.errors[0].message).toContain(why);
  });
});

describe("an eval run over A2A", () => {
  it("goes from the card to a score, and counts no tool calls that nobody reported", async () => {
    const org = await createOrganization();
    await pin(org);
    const { agent } = (await importCard(org)).body;
    const expectations = [
      { kind: "contains", values: ["question"] },
      { kind: "tool_called", tool: "refund", called: false },
      { kind: "cost", maxUsd: 1 },
    ];
    const cases = ["task: easy question", "easy question", "fail this question"].map((input, index) => ({
      id: `c${index}`,
      input,
      expectations,
    }));
    const suite = await org.call("POST", "/v1/suites", { name: "A2A", cases });
    expect(suite.status, suite.text).toBe(201);
    const started = await org.call("POST", `/v1/agents/${agent.id}/runs`, { suiteId: suite.body.id });
    expect(started.status, started.text).toBe(202);
    const runPath = `/v1/runs/${started.body.id}`;
    await vi.waitUntil(async () => (await org.call("GET", runPath)).body.finishedAt !== null, { timeout: 20_000, interval: 50 });
    const items: { status: string; checks: { kind: string; status: string; reason: string }[] }[] = (
      await org.call("GET", `${runPath}/cases`)
    ).body.items;
    expect(items.map(({ status }) => status)).toEqual(["pass", "pass", "error"]);
    const checks = (index: number) => items[index]?.checks.map(({ kind, status, reason }) => [kind, status, reason]);
    expect(checks(1)).toEqual([
      ["answered", "pass", null],
      ["contains", "pass", null],
      ["tool_called", "unscored", "tool_calls_not_reported"],
      ["cost", "not_applicable", "no_cost_reported"],
    ]);
    expect(checks(2)?.[0]).toEqual(["answered", "fail", "task_failed"]);
    const score = await org.call("GET", `/v1/agents/${agent.id}/score`);
    expect(score.status, score.text).toBe(200);
  });
});
