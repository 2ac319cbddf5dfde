import { afterEach, describe, expect, it, vi } from "vitest";
import { roundTrips } from "../../support/harness.ts";
import { callApi, createOrganization, newAddress, type TestOrganization } from "../../support/organization.ts";
import { signInAs } from "../../support/people.ts";
import { register } from "../agents/register.ts";
import { activePact } from "../pacts/pact-world.ts";
import { modern, post, postModern } from "./clients.ts";

afterEach(() => void vi.useRealTimers());

const as = (org: Pick<TestOrganization, "apiKey" | "address">) => ({
  authorization: `Bearer ${org.apiKey}`,
  "cf-connecting-ip": org.address,
});
const call = (org: Pick<TestOrganization, "apiKey" | "address">, name: string, args: object = {}, meta: object = {}) =>
  postModern("tools/call", { name, arguments: args, _meta: meta }, as(org));
const initialize = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } },
};
const metadataUrl = "https://api.armalo.test/.well-known/oauth-protected-resource/mcp";
const namesOf = async (org: Pick<TestOrganization, "apiKey" | "address">): Promise<string[]> =>
  (await postModern("tools/list", {}, as(org))).body.result.tools.map(({ name }: { name: string }) => name);

describe("a credential", () => {
  it.each([
    ["initialize", () => initialize],
    ["tools/list", () => modern("tools/list")],
    ["tools/call", () => modern("tools/call", { name: "list_agents", arguments: {} })],
    ["tools/call of an unknown tool", () => modern("tools/call", { name: "no_such_tool", arguments: {} })],
    ["resources/read", () => modern("resources/read", { uri: `armalo://agents/agt_${"0".repeat(22)}/score` })],
    ["resources/list", () => modern("resources/list")],
  ])("that is malformed, or was revoked, is a 401 that says where the resource describes itself: %s", async (_, message) => {
    const org = await createOrganization();
    const made = await org.call("POST", "/v1/keys", { name: "short", scopes: ["agents:read", "scores:read"] });
    await org.call("POST", `/v1/keys/${made.body.id}/revoke`);
    const { method, params } = message();
    const name = "name" in params ? params.name : "uri" in params ? params.uri : undefined;
    const headers = {
      ...(method === "initialize" ? {} : { "mcp-protocol-version": "2026-07-28", "mcp-method": method }),
      ...(name === undefined ? {} : { "mcp-name": JSON.stringify(name).slice(1, -1) }),
    };
    for (const credential of ["Bearer arm_live_x", `Bearer ${made.body.key}`, "Basic AAAA"]) {
      const answer = await post(message(), { ...headers, authorization: credential });
      expect([answer.status, answer.body.code], answer.text).toEqual([401, "unauthenticated"]);
      expect(answer.headers.get("www-authenticate")).toBe(`Bearer realm="armalo", resource_metadata="${metadataUrl}"`);
    }
  });

  it.each([
    ["a text that cannot be kept", { name: "list_agents", arguments: { cursor: "a\u0000b" } }, {}],
    ["arguments that are none", { name: "list_agents", arguments: [] }, {}],
    ["a state of nobody's", { name: "some_tool", arguments: {}, requestState: "forged" }, {}],
    ["another revision in the header", { name: "list_agents", arguments: {} }, { "mcp-protocol-version": "2025-11-25" }],
  ])("is asked for, and counted, also where the call is refused before any operation: %s", async (_, params, more) => {
    const org = await createOrganization({ plan: "free" });
    const send = (asker: { readonly apiKey: string; readonly address: string }) => {
      const headers = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": params.name };
      return post(modern("tools/call", params), { ...headers, ...more, ...as(asker) });
    };
    const refused = await send(org);
    expect([refused.body.error?.code < 0, refused.headers.get("x-ratelimit-remaining")], refused.text).toEqual([true, "59"]);
    const made = await org.call("POST", "/v1/keys", { name: "short", scopes: ["agents:read"] });
    await org.call("POST", `/v1/keys/${made.body.id}/revoke`);
    expect((await send({ apiKey: made.body.key, address: org.address })).status).toBe(401);
  });

  it("that is missing is asked for where a tool needs one, and not where it does not", async () => {
    const needed = await postModern("tools/call", { name: "list_agents", arguments: {} });
    expect([needed.status, needed.headers.get("www-authenticate")]).toEqual([401, expect.stringContaining(metadataUrl)]);
    const open = await postModern("tools/call", { name: "list_prices", arguments: {} });
    expect([open.status, open.body.result.isError]).toEqual([200, undefined]);
    const listed = await postModern("tools/list");
    expect(listed.body.result.tools.map(({ name }: { name: string }) => name)).toEqual([
      ...["check_pact", "ask_judges", "get_score", "get_trust_report", "get_trust_evidence", "list_prices", "get_payment"],
    ]);
  });

  it("in a cookie is none here", async () => {
    const org = await createOrganization();
    const { cookie } = await signInAs(org, "owner");
    const answer = await postModern("tools/call", { name: "list_agents", arguments: {} }, { cookie, origin: "https://api.armalo.test" });
    expect(answer.status).toBe(401);
  });

  it("is what decides which tools are shown, in an order that never changes", async () => {
    const org = await createOrganization();
    const narrow = await org.call("POST", "/v1/keys", { name: "narrow", scopes: ["agents:read"] });
    const asNarrow = { apiKey: narrow.body.key, address: org.address };
    expect(await namesOf(asNarrow)).toEqual(["list_agents", "get_agent", "get_trust_report", "list_prices", "get_payment"]);
    expect(await namesOf(org)).toEqual(await namesOf(org));
    const refused = await call(asNarrow, "list_pacts");
    expect([refused.status, refused.body.result.isError, refused.body.result.structuredContent.code]).toEqual([200, true, "forbidden"]);
    const resources = await postModern("resources/list", {}, as(asNarrow));
    expect(resources.body.result.resources).toEqual([]);
  });
});

describe("a call", () => {
  it("costs one call of the gate and the operation's own round trips, and answers what the operation answers", async () => {
    const org = await createOrganization();
    const agent = await register(org);
    const rest = await org.call("GET", `/v1/agents/${agent.id}`);
    const answer = await call(org, "get_agent", { agentId: agent.id });
    expect(answer.body.result.structuredContent).toEqual(rest.body);
    expect(JSON.parse(answer.body.result.content[0].text)).toEqual(rest.body);
    const left = (headers: Headers): number => Number(headers.get("x-ratelimit-remaining"));
    expect(left(rest.headers) - left(answer.headers)).toBe(1);
    expect(await roundTrips(answer.body.result._meta["armalo/request-id"])).toBe(1);
    const listed = await postModern("tools/list", {}, as(org));
    expect(left(answer.headers) - left(listed.headers)).toBe(1);
    expect(await roundTrips(listed.requestId)).toBe(0);
  });

  it("shows another organization's things as those that never were", async () => {
    const [owner, stranger] = [await createOrganization(), await createOrganization()];
    const agent = await register(owner);
    const pact = await activePact(owner);
    for (const [name, args] of [
      ["get_agent", { agentId: agent.id }],
      ["get_score", { agentId: agent.id }],
      ["get_pact", { pactId: pact.id }],
      ["check_pact", { pactId: pact.id, output: "x" }],
    ] as const) {
      const answer = await call(stranger, name, args);
      expect([answer.body.result.isError, answer.body.result.structuredContent.code], name).toEqual([true, "not_found"]);
    }
    const uri = `armalo://pacts/${pact.id}`;
    const read = await postModern("resources/read", { uri }, as(stranger));
    const never = await postModern("resources/read", { uri: `armalo://pacts/pct_${"0".repeat(22)}` }, as(stranger));
    expect([read.body.error.code, read.body.error.message.replace(pact.id, "")]).toEqual([
      never.body.error.code,
      never.body.error.message.replace(`pct_${"0".repeat(22)}`, ""),
    ]);
    expect((await postModern("resources/read", { uri }, as(owner))).body.result.contents[0].uri).toBe(uri);
  });

  it("with a key is made once, in whatever order its arguments came, and never for other arguments", async () => {
    const org = await createOrganization();
    const { id: pactId } = await activePact(org);
    const meta = { "armalo/idempotency-key": crypto.randomUUID() };
    const first = await call(org, "check_pact", { pactId, output: "a", latencyMs: 5 }, meta);
    const second = await call(org, "check_pact", { latencyMs: 5, output: "a", pactId }, meta);
    expect(second.body.result.structuredContent).toEqual(first.body.result.structuredContent);
    expect(second.body.result._meta["armalo/replayed"]).toBe(true);
    const other = await call(org, "check_pact", { pactId, output: "b", latencyMs: 5 }, meta);
    expect(other.body.result).toMatchObject({ isError: true, structuredContent: { code: "idempotency_mismatch" } });
    expect((await org.call("GET", `/v1/pacts/${pactId}/checks`)).body.items).toHaveLength(1);
  });

  it.each([["a\r\nX-Other: b"], ["ü"], ["\u{1f600}"], [""], [7], [null]])("is not made under a key that is none: %j", async (key) => {
    const org = await createOrganization();
    const { id: pactId } = await activePact(org);
    const answer = await call(org, "check_pact", { pactId, output: "a" }, { "armalo/idempotency-key": key });
    expect(answer.body.result, answer.text).toMatchObject({ isError: true, structuredContent: { code: "invalid_request" } });
    expect((await org.call("GET", `/v1/pacts/${pactId}/checks`)).body.items).toEqual([]);
  });

  it("takes no argument that every JavaScript object has", async () => {
    const org = await createOrganization();
    for (const name of ["constructor", "toString"]) {
      const message = JSON.parse(`{"name":"list_agents","arguments":{"${name}":"x"}}`);
      const answer = await postModern("tools/call", message, as(org));
      expect(answer.body.result, name).toMatchObject({ isError: true, structuredContent: { errors: [{ path: `query.${name}` }] } });
    }
  });

  it("tells what is wrong with its arguments by the operation's own names", async () => {
    const org = await createOrganization();
    const answer = await call(org, "list_agents", { limit: 1000, unheard: true });
    expect(answer.body.result).toMatchObject({
      isError: true,
      structuredContent: { code: "invalid_request", errors: expect.arrayContaining([expect.objectContaining({ path: "query.unheard" })]) },
    });
    const missing = await call(org, "get_agent");
    expect(missing.body.result.structuredContent.errors[0].path).toBe("params.agentId");
  });

  it("over the limit says when to come again, as a result; a list over it is a 429", async () => {
    vi.useFakeTimers({ toFake: ["Date"] }); // the minute does not end, however slow the machine is
    const org = await createOrganization({ plan: "free" });
    await Promise.all(Array.from({ length: 60 }, () => org.call("GET", "/v1/agents")));
    const answer = await call(org, "list_agents");
    expect(answer.body.result).toMatchObject({ isError: true, structuredContent: { code: "rate_limited", status: 429 } });
    expect(answer.body.result.structuredContent.retryAfterSeconds).toBeGreaterThan(0);
    expect(answer.headers.get("retry-after")).toBe(String(answer.body.result.structuredContent.retryAfterSeconds));
    const list = await postModern("tools/list", {}, as(org));
    expect([list.status, list.body.code, Number(list.headers.get("retry-after")) > 0]).toEqual([429, "rate_limited", true]);
  });

  it("of a change by a key from a browser's page is refused as anywhere", async () => {
    const org = await createOrganization();
    const { id: pactId } = await activePact(org);
    const origin = { ...as(org), origin: "https://api.armalo.test" };
    const change = await postModern("tools/call", { name: "check_pact", arguments: { pactId, output: "x" } }, origin);
    expect(change.body.result.structuredContent.code).toBe("browser_key");
    const read = await postModern("tools/call", { name: "get_pact", arguments: { pactId } }, origin);
    expect(read.body.result.isError).toBeUndefined();
  });

  it("of a tool that nobody has is the protocol's error, for agents and organizations alike", async () => {
    const org = await createOrganization();
    const agent = await register(org);
    const bound = await org.call("POST", "/v1/keys", { name: "bound", scopes: ["grants:invoke"], agentId: agent.id });
    for (const asker of [org, { apiKey: bound.body.key, address: org.address }]) {
      for (const name of ["no_such_tool", "No Such Tool", "../v1/keys", "keys.create", "approvals.approve"]) {
        const answer = await call(asker, name);
        expect([answer.body.error?.code, answer.body.error?.message], name).toEqual([-32602, "Unknown tool"]);
      }
    }
  });
});

describe("what is no message of the protocol", () => {
  it("is refused before anything is done", async () => {
    const deep = `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":${"[".repeat(64)}${"]".repeat(64)}}`;
    for (const body of ["{", "", deep, "\u0000"]) expect((await post(body)).body?.error?.code, body.slice(0, 20)).toBe(-32700);
    const pings = [1, 2].map((id) => ({ jsonrpc: "2.0", id, method: "ping" }));
    const many = Array.from({ length: 5_000 }, () => ({ jsonrpc: "2.0", id: 1, method: "ping" }));
    for (const batch of [[modern("tools/list"), modern("tools/list", {}, 2)], pings, many, []]) {
      const answer = await post(batch);
      expect([answer.status, answer.body?.error.code]).toEqual([400, -32600]);
    }
    const large = await post(modern("tools/call", { name: "list_agents", arguments: { text: "x".repeat(300_000) } }));
    expect([large.status, large.body.code]).toEqual([413, "body_too_large"]);
    expect((await post(modern("tools/list"), { "content-type": "text/plain" })).status).toBe(415);
    const unknown = await postModern("no/such");
    expect([unknown.status, unknown.body.error.code]).toEqual([404, -32601]);
    const stream = await postModern("subscriptions/listen", { notifications: {} });
    expect([stream.status, stream.body.error.code, stream.body.id]).toEqual([404, -32601, 1]);
    for (const method of ["GET", "DELETE"]) {
      const answer = await callApi(method, "/mcp", undefined, { "cf-connecting-ip": newAddress(), accept: "text/event-stream" });
      expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
    }
  });

  it("is a text that cannot be kept: U+0000 and half of a surrogate pair", async () => {
    const org = await createOrganization();
    const { id: pactId } = await activePact(org);
    for (const output of ["a\u0000b", "\ud800"]) {
      const message = modern("tools/call", { name: "check_pact", arguments: { pactId, output } });
      const headers = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "check_pact", ...as(org) };
      expect((await post(message, headers)).body.error.code).toBe(-32602);
    }
  });

  it("comes from another site: a forged Host or a foreign Origin", async () => {
    const org = await createOrganization();
    for (const headers of [
      { host: "evil.example" },
      { origin: "https://evil.example" },
      { origin: "null" },
      { origin: "http://api.armalo.test" },
      { origin: "https://api.armalo.test.evil.example" },
    ]) {
      const answer = await postModern("tools/list", {}, { ...as(org), ...headers });
      expect([answer.status, answer.body.code], JSON.stringify(headers)).toEqual([403, "foreign_site"]);
    }
    expect((await postModern("tools/list", {}, { ...as(org), origin: "https://api.armalo.test" })).status).toBe(200);
  });
});

describe("the resource's metadata (RFC 9728)", () => {
  it.each(["/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource"])("is open at %s", async (path) => {
    const { status, body, headers } = await callApi("GET", path);
    expect([status, headers.get("access-control-allow-origin")]).toEqual([200, "*"]);
    expect(body).toMatchObject({ resource: "https://api.armalo.test/mcp", bearer_methods_supported: ["header"] });
    expect(body.scopes_supported).toContain("grants:invoke");
    expect(body).not.toHaveProperty("authorization_servers");
  });
});
