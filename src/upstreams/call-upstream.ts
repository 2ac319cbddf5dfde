import type { EgressEnvironment } from "../platform/egress.ts";
import { callHttp } from "./call-http.ts";
import { callTool } from "./call-mcp.ts";
import type { CapabilityDefinition } from "./capability.ts";
import type { PlannedCall } from "./plan-call.ts";
import { redactorOf } from "./redact.ts";
import type { UpstreamResult } from "./upstream-result.ts";

/** One call of a capability. `credential` is the opened value, without its prefix: it is held nowhere, and comes back in no result. */
export type UpstreamCall = {
  readonly definition: CapabilityDefinition;
  readonly call: PlannedCall;
  readonly credential: string | null;
  readonly invocationId: string;
};

/**
 * Sends what was planned, once: nothing is tried again, because nobody but the upstream knows whether it acted. Never throws. A capability
 * that needs a credential is not called without one.
 */
export async function callUpstream(
  env: EgressEnvironment,
  { definition, call, credential, invocationId }: UpstreamCall,
): Promise<UpstreamResult> {
  const { credential: place } = definition;
  if (place !== null && credential === null) return { kind: "not_sent", reason: "credential_unavailable", latencyMs: 0 };
  const headers = place === null ? {} : { [place.header.toLowerCase()]: `${place.prefix}${credential}` };
  const redact = redactorOf(place === null ? null : credential, place?.prefix);
  if (definition.kind === "http" && call.kind === "http") return callHttp(env, definition, call, { headers, redact, invocationId });
  if (definition.kind === "mcp" && call.kind === "mcp") return callTool(env, definition, call, { headers, redact, invocationId });
  return { kind: "not_sent", reason: "refused_url", latencyMs: 0 };
}
