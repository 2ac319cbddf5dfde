import type { JsonValue } from "../crypto/canonical-json.ts";
import type { EgressFailure } from "../platform/egress.ts";

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
  | "arguments_too_long"
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

type Failure = { readonly reason: EgressFailure; readonly status?: number | null };

/** What is known where no complete answer came: whether anything was sent. */
export function judgeFailure({ reason, status = null }: Failure, latencyMs: number): UpstreamResult {
  switch (reason) {
    case "refused_url":
    case "dns_refused":
    case "dns_unreachable":
      return { kind: "not_sent", reason, latencyMs };
    case "timeout":
    case "too_large":
    case "redirect":
    case "network":
      return { kind: "unknown", reason, status, latencyMs };
  }
}

/**
 * Of a status that is no success: 501 cannot do it, 503 with Retry-After has not begun (RFC 9110, 15.6.2 and 15.6.4). Any other 5xx may have
 * come after the effect.
 */
export const didNotAct = (status: number, headers: Headers): boolean =>
  status < 500 || status === 501 || (status === 503 && headers.has("retry-after"));
