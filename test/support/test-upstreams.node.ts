import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { createMcpHandler, McpServer, WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/server";
import { z } from "zod";
import { pass, toRequest } from "../../src/local/quickstart/local-upstream.ts";
import { readBody } from "../../src/local/quickstart/read-body.ts";
import { serveOnLoopback, type LoopbackServer } from "../../src/local/serve-on-loopback.ts";

type Call = { readonly method: string; readonly url: string; readonly headers: Readonly<Record<string, unknown>>; readonly body: string };
/** What was sent under one token, and how its MCP server is at the moment. */
type Place = { readonly calls: Call[]; description: string; hasTool: boolean; readonly acted: string[]; readonly keys: Set<string> };
type Behave = (call: Call, response: ServerResponse, place: Place) => void | Promise<void>;

const json = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void =>
  void response
    .writeHead(status, { "content-type": "application/json", ...headers })
    .end(typeof body === "string" ? body : JSON.stringify(body));

/** All the ways in which an upstream might say back what it was shown. */
function echoes(secret: string): Record<string, unknown> {
  const base64 = Buffer.from(secret).toString("base64");
  return {
    plain: `it is ${secret}, really`,
    upper: secret.toUpperCase(),
    url: encodeURIComponent(secret),
    everyByte: [...Buffer.from(secret)].map((byte) => `%${byte.toString(16)}`).join(""),
    escaped: JSON.stringify(JSON.stringify({ secret })),
    base64,
    shifted: Buffer.from(`{"authorization":"Bearer ${secret}"}`).toString("base64url"),
    hex: Buffer.from(secret).toString("hex"),
    [`key ${secret}`]: true,
    nested: [{ deep: [secret] }],
  };
}

/** HTTP upstreams that behave, and some that do not, by the first part of their path; the second is the test's token. */
const behaviours: Readonly<Record<string, Behave>> = {
  orders: ({ method, url, body }, response, { acted }) =>
    json(response, 200, { method, url, body: body === "" ? null : JSON.parse(body), count: acted.length }),
  slow: async (_call, response) => {
    await sleep(3_000);
    json(response, 200, { late: true });
  },
  boom: (_call, response) => json(response, 500, { error: "after the effect" }),
  refuse: (_call, response) => json(response, 422, { error: "no such order" }),
  busy: (_call, response) => json(response, 503, { error: "not now" }, { "retry-after": "1" }),
  down: (_call, response) => json(response, 503, { error: "somewhere" }),
  huge: (_call, response) => json(response, 200, { text: "x".repeat(100_000) }),
  text: (_call, response) => void response.writeHead(200, { "content-type": "text/html" }).end("<p>done\0</p>"),
  empty: (_call, response) => void response.writeHead(204).end(),
  odd: (_call, response) => json(response, 200, '{"half": "\\ud800", "large": 1e400}'),
  redirect: (_call, response) => void response.writeHead(303, { location: "https://example.com/" }).end(),
  drop: (_call, response) => void response.socket?.destroy(),
  echo: ({ headers }, response) =>
    json(response, 200, echoes(String(headers["authorization"] ?? headers["x-api-key"]).replace(/^Bearer /, ""))),
};

/**
 * One server for all test upstreams: `/<behaviour>/<token>/…` acts and answers, `GET /calls/<token>` lists what came there and how often it acted under
 * another Idempotency-Key, `POST /tell/<token>` changes what its MCP server says of its tool. `/mcp/<token>` is one without sessions, in both
 * revisions, made with the official SDK; `/session/<token>` is one of 2025-11-25 with sessions, which answers in event streams.
 */
export async function startTestUpstreams(): Promise<LoopbackServer> {
  const places = new Map<string, Place>();
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();
  const server = createServer((request, response) => void serve(request, response, places, sessions).catch(() => response.destroy()));
  return serveOnLoopback(server);
}

const Change = z.object({ description: z.string().optional(), hasTool: z.boolean().optional() });

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  places: Map<string, Place>,
  sessions: Map<string, WebStandardStreamableHTTPServerTransport>,
): Promise<void> {
  const { method = "GET", url = "/", headers } = request;
  const [, name = "", token = ""] = new URL(url, "http://upstream").pathname.split("/");
  const place = places.get(token) ?? { calls: [], description: "Adds an order.", hasTool: true, acted: [], keys: new Set() };
  places.set(token, place);
  const body = await readBody(request);
  if (name === "calls") return json(response, 200, { calls: place.calls, acted: place.acted });
  if (name === "tell") {
    Object.assign(place, Change.parse(JSON.parse(body)));
    return json(response, 200, {});
  }
  place.calls.push({ method, url, headers, body });
  if (name === "mcp") return pass(await createMcpHandler(() => toolsOf(place, headers)).fetch(toRequest(request, body)), response);
  if (name === "session") return pass(await inSession(toRequest(request, body), place, headers, sessions), response);
  const key = String(headers["idempotency-key"]);
  if (!place.keys.has(key)) place.acted.push(url);
  place.keys.add(key);
  const behave = behaviours[name];
  if (behave === undefined) return json(response, 404, { error: "no such upstream" });
  await behave({ method, url, headers, body }, response, place);
}

async function inSession(
  request: Request,
  place: Place,
  headers: Call["headers"],
  sessions: Map<string, WebStandardStreamableHTTPServerTransport>,
): Promise<Response> {
  const known = sessions.get(request.headers.get("mcp-session-id") ?? "");
  if (known !== undefined) return known.handleRequest(request);
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: () => crypto.randomUUID(),
    onsessioninitialized: (id) => void sessions.set(id, transport),
  });
  await toolsOf(place, headers).connect(transport);
  return transport.handleRequest(request);
}

/** Of these the server wants to see headers too, where the revision has them (2026-07-28, `x-mcp-header`). */
const Lane = z.object({
  lane: z.string().meta({ "x-mcp-header": "Lane" }).optional(),
  at: z.object({ shelf: z.int().meta({ "x-mcp-header": "Shelf" }) }).optional(),
});
const Order = z.object({ sku: z.string(), quantity: z.int() });

function toolsOf(place: Place, headers: Call["headers"]): McpServer {
  const server = new McpServer({ name: "upstream", version: "1.0.0" });
  if (!place.hasTool) return server;
  const answer = (text: string, rest: object = {}) => ({ content: [{ type: "text" as const, text }], ...rest });
  server.registerTool("add_order", { description: place.description, inputSchema: Order }, async ({ sku, quantity }) => {
    place.acted.push(sku);
    if (sku === "slow") await sleep(3_000);
    if (sku === "missing") return answer("There is no such thing.", { isError: true });
    if (sku === "huge") return answer("x".repeat(100_000));
    if (sku === "echo") return answer(JSON.stringify(echoes(String(headers["authorization"]).replace(/^Bearer /, ""))));
    return answer(`${quantity} of ${sku}`, { structuredContent: { sku, quantity } });
  });
  const other = { description: "Does something else.", inputSchema: Lane };
  server.registerTool("other", other, async ({ lane, at }) => answer(`${lane} ${at?.shelf}`));
  return server;
}
