import type { JsonValue } from "../crypto/canonical-json.ts";

/** Why nobody knows what came of what was sent. */
export type UnknownReason = "timeout" | "too_large" | "redirect" | "network" | "server_error" | "unexpected_answer";
/** Why nothing was sent. */
export type NotSentReason =
  | "refused_url"
  | "dns_refused"
  | "dns_unreachable"
  | "credential_unavailable"
  | "upstream_unreachable"
  | "tool_missing"
  | "unexpected_answer";

/**
 * What came of calling an upstream. `result` is at most 64 KiB of JSON in which the credential does not occur; text is wrapped as `{text}`.
 *
 * - `confirmed`: it answered that it did it: 2xx, or an MCP result that is no error.
 * - `refused`: it answered that it did not: 4xx, 501, 503 with Retry-After, an MCP result with `isError` or a JSON-RPC error.
 * - `unknown`: it was sent, and what came of it is not known: no complete answer, another 5xx (it may have acted before it failed), a
 *   redirect, a 2xx whose answer is not what the capability promises.
 * - `not_sent`: the action was not sent. For MCP this includes whatever fails before `tools/call`.
 * - `drifted`: the MCP tool is not the one that was pinned; `digest` is of the one that is there. The action was not sent.
 */
export type UpstreamResult =
  | { readonly kind: "confirmed" | "refused"; readonly status: number; readonly result: JsonValue; readonly latencyMs: number }
  | { readonly kind: "unknown"; readonly reason: UnknownReason; readonly status: number | null; readonly latencyMs: number }
  | { readonly kind: "not_sent"; readonly reason: NotSentReason; readonly latencyMs: number }
  | { readonly kind: "drifted"; readonly digest: string; readonly latencyMs: number };
