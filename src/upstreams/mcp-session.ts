import { toBase64, utf8 } from "../crypto/encoding.ts";
import { isJsonObject, memberOf, type JsonObject } from "../expressions/json.ts";
import { egressFetch, newNameCache, type EgressEnvironment, type EgressFailure } from "../platform/egress.ts";
import type { McpRevision } from "./capability.ts";
import { findResponse, watchForResponse, type RpcResponse } from "./mcp-wire.ts";

/** An MCP server as it is spoken to: over Streamable HTTP, in one revision, within one deadline for all that is said. */
export type McpServer = {
  readonly url: string;
  readonly revision: McpRevision;
  /** With the credential's, where there is one. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
};

/** What came of one request. `http` is a complete answer that holds no response to it. */
export type RpcAnswer =
  | { readonly kind: "response"; readonly status: number; readonly response: RpcResponse }
  | { readonly kind: "http"; readonly status: number; readonly headers: Headers }
  | { readonly kind: "failure"; readonly reason: EgressFailure; readonly status: number | null };

type RequestOptions = {
  /** Of the answer; a longer one is the failure `too_large`. */
  readonly mostBytes?: number;
  /** By their names, as text; sent from 2026-07-28 on, which knows of them. */
  readonly paramHeaders?: Readonly<Record<string, string>>;
};

export type McpSession = {
  readonly request: (method: string, params: JsonObject, more?: RequestOptions) => Promise<RpcAnswer>;
};

const client = { name: "armalo", version: "1" };
/** Revisions with a session that speak of tools alike: a server may answer with an older one than it was offered. */
const sessionRevisions: readonly unknown[] = ["2025-11-25", "2025-06-18", "2025-03-26"];
const inEnvelope = (revision: McpRevision) => ({
  "io.modelcontextprotocol/protocolVersion": revision,
  "io.modelcontextprotocol/clientInfo": client,
  "io.modelcontextprotocol/clientCapabilities": {},
});

/** A header's value that is not plain printable ASCII, or looks like this, is written in base64 between marks (2026-07-28, Streamable HTTP). */
const headerValue = (text: string): string =>
  /^(?!=\?base64\?)[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text) ? text : `=?base64?${toBase64(utf8(text))}?=`;

type Post = (
  message: JsonObject,
  headers: Readonly<Record<string, string>>,
  mostBytes?: number,
) => Promise<RpcAnswer & { readonly received?: Headers }>;

/**
 * Opens what requests are sent in. Up to 2025-11-25 that is a session of its own (initialize, initialized, the server's session id); from 2026-07-28
 * on every request says for itself what it is. No session is kept between calls.
 */
export async function openMcpSession(
  env: EgressEnvironment,
  server: McpServer,
): Promise<McpSession | Exclude<RpcAnswer, { kind: "response" }>> {
  const post = posterOf(env, server);
  let id = 0;
  if (server.revision === "2026-07-28") {
    const request: McpSession["request"] = (method, { _meta, ...params }, { mostBytes, paramHeaders = {} } = {}) => {
      const meta = { ...(isJsonObject(_meta) ? _meta : {}), ...inEnvelope(server.revision) };
      const name = memberOf(params, "name");
      const headers = {
        "mcp-protocol-version": server.revision,
        "mcp-method": method,
        ...(typeof name === "string" ? { "mcp-name": headerValue(name) } : {}),
        ...Object.fromEntries(Object.entries(paramHeaders).map(([header, value]) => [header, headerValue(value)])),
      };
      return post({ jsonrpc: "2.0", id: (id += 1), method, params: { ...params, _meta: meta } }, headers, mostBytes);
    };
    return { request };
  }
  return openOlderSession(post, server.revision);
}

async function openOlderSession(post: Post, revision: McpRevision): Promise<McpSession | Exclude<RpcAnswer, { kind: "response" }>> {
  const offer = { protocolVersion: revision, capabilities: {}, clientInfo: client };
  const begun = await post({ jsonrpc: "2.0", id: 0, method: "initialize", params: offer }, {});
  if (begun.kind !== "response") return begun;
  const { status, response, received = new Headers() } = begun;
  const version = response.ok ? memberOf(response.result, "protocolVersion") : undefined;
  if (typeof version !== "string" || !sessionRevisions.includes(version)) return { kind: "http", status, headers: received };
  const sessionId = received.get("mcp-session-id");
  const headers = { "mcp-protocol-version": version, ...(sessionId === null ? {} : { "mcp-session-id": sessionId }) };
  const told = await post({ jsonrpc: "2.0", method: "notifications/initialized" }, headers);
  if (told.kind === "failure" || told.status < 200 || told.status > 299)
    return told.kind === "response" ? { kind: "http", status: told.status, headers: received } : told;
  let id = 0;
  const request: McpSession["request"] = (method, params, { mostBytes } = {}) =>
    post({ jsonrpc: "2.0", id: (id += 1), method, params }, headers, mostBytes);
  return { request };
}

function posterOf(env: EgressEnvironment, { url, headers: own, timeoutMs }: McpServer): Post {
  const startedMs = performance.now();
  const names = newNameCache();
  return async (message, headers, mostBytes) => {
    const leftMs = timeoutMs - Math.round(performance.now() - startedMs);
    if (leftMs <= 0) return { kind: "failure", reason: "timeout", status: null };
    const id = memberOf(message, "id");
    const sent = { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers, ...own };
    const limits = {
      timeoutMs: leftMs,
      ...(mostBytes === undefined ? {} : { maxBytes: mostBytes }),
      ...(typeof id === "number" ? { enough: watchForResponse(id) } : {}),
    };
    const answer = await egressFetch(env, { url, method: "POST", headers: sent, body: JSON.stringify(message) }, limits, names);
    if (!answer.ok) return { kind: "failure", reason: answer.reason, status: answer.status ?? null };
    const response = typeof id === "number" ? findResponse(answer.headers.get("content-type") ?? "", answer.body, id) : undefined;
    const { status, headers: received } = answer;
    return response === undefined ? { kind: "http", status, headers: received } : { kind: "response", status, response, received };
  };
}
