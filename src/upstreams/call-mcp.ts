import type { JsonValue } from "../crypto/canonical-json.ts";
import { isJsonArray, memberOf, type JsonObject } from "../expressions/json.ts";
import type { EgressEnvironment } from "../platform/egress.ts";
import type { CapabilityDefinition } from "./capability.ts";
import { openMcpSession, type McpServer, type McpSession, type RpcAnswer } from "./mcp-session.ts";
import { fitsInHeaders, paramHeaders } from "./param-headers.ts";
import type { PlannedCall } from "./plan-call.ts";
import { isKeepable, mostAnswerBytes } from "./read-answer.ts";
import type { Redact } from "./redact.ts";
import { digestTool, readTool, type UpstreamTool } from "./tool-digest.ts";
import { didNotAct, judgeFailure, type NotSentReason, type UpstreamResult } from "./upstream-result.ts";

type McpDefinition = Extract<CapabilityDefinition, { kind: "mcp" }>;
type McpCall = Extract<PlannedCall, { kind: "mcp" }>;

const mostPages = 10;
/** No server has more to offer, and each costs a digest where all are shown. */
const mostTools = 1_000;
/** JSON-RPC 2.0, 5.1: the server failed inside, and may have acted before. */
const internalError = -32_603;
/** What the official kits say of a connection or a time-out behind the server; in 4xx these codes mean that it did not take the request. */
const lostOnTheWay: readonly number[] = [-32_000, -32_001];

/**
 * Calls a tool, once, if it is the one that was pinned: what the server says of it is read anew before each call. Between that and the
 * call a server may still change its mind; what it is told is what was pinned, all the same.
 */
export async function callTool(
  env: EgressEnvironment,
  { url, tool, toolDigest, revision, timeoutMs }: McpDefinition,
  call: McpCall,
  shown: { readonly headers: McpServer["headers"]; readonly redact: Redact; readonly invocationId: string },
): Promise<UpstreamResult> {
  const startedMs = performance.now();
  const latencyMs = (): number => Math.max(0, Math.round(performance.now() - startedMs));
  const session = await openMcpSession(env, { url, revision, headers: shown.headers, timeoutMs });
  if ("kind" in session) return { kind: "not_sent", reason: whyNotSent(session), latencyMs: latencyMs() };
  const listed = await listTools(session);
  if (!listed.ok) return { kind: "not_sent", reason: listed.reason, latencyMs: latencyMs() };
  // Listed twice under one name, nobody knows which of them is called: each has to be the one that was pinned.
  const namesakes = listed.tools.filter(({ name }) => name === tool);
  const [first] = namesakes;
  const found = await Promise.all(namesakes.map(digestTool));
  if (first === undefined) return { kind: "not_sent", reason: "tool_missing", latencyMs: latencyMs() };
  const other = found.find((digest) => digest !== toolDigest);
  if (other !== undefined) return { kind: "drifted", digest: other, latencyMs: latencyMs() };
  const params = { name: tool, arguments: call.arguments, _meta: { "armalo/idempotency-key": shown.invocationId } };
  const wanted = revision === "2026-07-28" ? paramHeaders(first.inputSchema, call.arguments) : {};
  if (!fitsInHeaders(wanted)) return { kind: "not_sent", reason: "arguments_too_long", latencyMs: latencyMs() };
  const more = { mostBytes: mostAnswerBytes, paramHeaders: wanted };
  return judgeCall(await session.request("tools/call", params, more), shown.redact, latencyMs());
}

export type ToolListing =
  | { readonly ok: true; readonly tools: readonly UpstreamTool[] }
  | { readonly ok: false; readonly reason: NotSentReason };

const unending: ToolListing = { ok: false, reason: "unexpected_answer" };

/**
 * All tools of a server, as it tells them to whoever holds the credential. What is no tool, or cannot be digested, is left out. A list that is
 * not at its end after so many pages is none: what follows could be a namesake.
 */
export async function listTools(session: McpSession): Promise<ToolListing> {
  const tools: UpstreamTool[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < mostPages && tools.length <= mostTools; page += 1) {
    const answer = await session.request("tools/list", cursor === undefined ? {} : { cursor });
    if (answer.kind !== "response") return { ok: false, reason: whyNotSent(answer) };
    if (!answer.response.ok) return { ok: false, reason: "unexpected_answer" };
    const { result } = answer.response;
    const listed = memberOf(result, "tools");
    if (!isJsonArray(listed)) return { ok: false, reason: "unexpected_answer" };
    tools.push(...listed.filter(isKeepable).flatMap((value) => readTool(value) ?? []));
    const next = memberOf(result, "nextCursor");
    if (typeof next !== "string" || next === "") return tools.length > mostTools ? unending : { ok: true, tools };
    cursor = next;
  }
  return unending;
}

/** Why the action itself was not sent, where something before it failed. */
export function whyNotSent(answer: Exclude<RpcAnswer, { kind: "response" }>): NotSentReason {
  if (answer.kind === "http") return "unexpected_answer";
  const failure = judgeFailure(answer, 0);
  return failure.kind === "not_sent" ? failure.reason : "upstream_unreachable";
}

function judgeCall(answer: RpcAnswer, redact: Redact, latencyMs: number): UpstreamResult {
  switch (answer.kind) {
    case "failure":
      return judgeFailure(answer, latencyMs);
    case "http": {
      const { status, headers } = answer;
      if (status >= 400 && didNotAct(status, headers)) return { kind: "refused", status, result: null, latencyMs };
      return { kind: "unknown", reason: status >= 500 ? "server_error" : "unexpected_answer", status, latencyMs };
    }
    case "response":
      return judgeResponse(answer, redact, latencyMs);
  }
}

function judgeResponse({ response, status }: Extract<RpcAnswer, { kind: "response" }>, redact: Redact, latencyMs: number): UpstreamResult {
  if (!response.ok) {
    const { code, message } = response;
    const isLost = lostOnTheWay.includes(code) && status < 400;
    if (code === internalError || isLost || status >= 500) return { kind: "unknown", reason: "server_error", status, latencyMs };
    return { kind: "refused", status, result: redact(keepable({ error: { code, message } })), latencyMs };
  }
  if (status >= 500) return { kind: "unknown", reason: "server_error", status, latencyMs };
  const { _meta, resultType, ...result } = response.result;
  const isDone = memberOf(result, "isError") !== true && (resultType === undefined || resultType === "complete");
  return { kind: isDone ? "confirmed" : "refused", status, result: redact(keepable(result)), latencyMs };
}

const keepable = (result: JsonObject): JsonValue => (isKeepable(result) ? result : { text: JSON.stringify(result) });
