import { env } from "cloudflare:workers";
import { afterEach, expect, it, vi } from "vitest";
import { requireEnvironment } from "../../src/env.ts";
import { callUpstream } from "../../src/upstreams/call-upstream.ts";
import { CapabilityDefinition } from "../../src/upstreams/capability.ts";
import { discoverTools } from "../../src/upstreams/discover-tools.ts";
import { digestTool } from "../../src/upstreams/tool-digest.ts";

const environment = requireEnvironment(env);
const url = `${env.UPSTREAM_URL}/told/here`;
const pinned = { name: "pay", description: "Pays.", inputSchema: { type: "object" } };

type Said = { readonly status?: number; readonly result?: object; readonly error?: object };

/** A server of 2026-07-28 that says this of its tools, page by page (`last`: the cursor on the last), and this to a call. Returns how often it was called. */
function serve(pages: readonly (readonly object[])[], said: Said = { result: { content: [] } }, last?: string): { calls: number } {
  const seen = { calls: 0 };
  vi.stubGlobal("fetch", async (_: unknown, init: { body: string }) => {
    const { id, method, params } = JSON.parse(init.body);
    if (method === "tools/call") {
      seen.calls += 1;
      const { status = 200, ...answer } = said;
      return Response.json({ jsonrpc: "2.0", id, ...answer }, { status });
    }
    const page = Number(params.cursor ?? 0);
    const nextCursor = page + 1 < pages.length ? String(page + 1) : last;
    const more = nextCursor === undefined ? {} : { nextCursor };
    return Response.json({ jsonrpc: "2.0", id, result: { tools: pages[page], ...more } });
  });
  return seen;
}

const call = async () => {
  const definition = CapabilityDefinition.parse({
    kind: "mcp",
    url,
    tool: pinned.name,
    toolDigest: await digestTool(pinned),
    revision: "2026-07-28",
    argumentsSchema: { type: "object" },
    timeoutMs: 2_000,
  });
  const planned = { kind: "mcp", url, tool: pinned.name, arguments: {} } as const;
  return callUpstream(environment, { definition, call: planned, credential: null, invocationId: "inv_1" });
};

afterEach(() => void vi.unstubAllGlobals());

it.each([
  ["on one page", [[pinned, { ...pinned, description: "Pays twice." }]]],
  ["first", [[{ ...pinned, description: "Pays twice." }, pinned]]],
  ["on a later page", [[pinned], [{ ...pinned, description: "Pays twice." }]]],
])("calls no tool that has a namesake: %s", async (_, pages) => {
  const server = serve(pages);
  expect(await call()).toMatchObject({ kind: "drifted", digest: await digestTool({ ...pinned, description: "Pays twice." }) });
  expect(server.calls).toBe(0);
});

it("calls one that is listed twice as it was pinned", async () => {
  serve([[pinned], [pinned]]);
  expect((await call()).kind).toBe("confirmed");
});

it.each([
  ["its own time-out", { error: { code: -32_001, message: "Request timed out" } }],
  ["a lost connection", { error: { code: -32_000, message: "Connection closed" } }],
  ["a result in a 500", { status: 500, result: { content: [] } }],
])("does not know what came of a call that the server answers with %s", async (_, said) => {
  serve([[pinned]], said);
  expect(await call()).toMatchObject({ kind: "unknown", reason: "server_error" });
});

it("takes the same codes in a 4xx for what they say: the request was not taken", async () => {
  serve([[pinned]], { status: 400, error: { code: -32_001, message: "Header mismatch" } });
  expect(await call()).toMatchObject({ kind: "refused", status: 400 });
});

it("takes a list of too many pages for none, and a page without a cursor for the last", async () => {
  const eleven = Array.from({ length: 11 }, (_, at) => [at === 0 ? pinned : { ...pinned, name: `tool_${at}` }]);
  const server = serve(eleven);
  expect(await call()).toMatchObject({ kind: "not_sent", reason: "unexpected_answer" });
  expect(server.calls).toBe(0);
  serve(eleven.slice(1));
  expect(await discoverTools(environment, { url, headers: {}, timeoutMs: 2_000 })).toMatchObject({ ok: true, tools: { length: 10 } });
  serve([[pinned]], { result: { content: [] } }, "");
  expect((await call()).kind).toBe("confirmed");
});

it("reads no endless list of tools", async () => {
  const many = Array.from({ length: 300 }, (_, at) => ({ ...pinned, name: `tool_${at}` }));
  serve([many, many, many, many, many]);
  expect(await discoverTools(environment, { url, headers: {}, timeoutMs: 2_000 })).toEqual({ ok: false, reason: "unexpected_answer" });
});
