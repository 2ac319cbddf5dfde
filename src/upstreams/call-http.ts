import type { JsonValue } from "../crypto/canonical-json.ts";
import { compileJsonSchema } from "../expressions/json-schema.ts";
import { egressFetch, type EgressEnvironment, type EgressFailure, type EgressResult } from "../platform/egress.ts";
import type { CapabilityDefinition } from "./capability.ts";
import type { PlannedCall } from "./plan-call.ts";
import { readAnswer } from "./read-answer.ts";
import type { Redact } from "./redact.ts";
import type { UpstreamResult } from "./upstream-result.ts";

type HttpDefinition = Extract<CapabilityDefinition, { kind: "http" }>;
type HttpCall = Extract<PlannedCall, { kind: "http" }>;

export const mostAnswerBytes = 65_536;

/** Sends an HTTP request once. An `Idempotency-Key` tells the upstream that what it sees twice under it is one. */
export async function callHttp(
  env: EgressEnvironment,
  definition: HttpDefinition,
  { method, url, body }: HttpCall,
  shown: { readonly headers: Readonly<Record<string, string>>; readonly redact: Redact; readonly invocationId: string },
): Promise<UpstreamResult> {
  const headers = {
    accept: "application/json",
    ...(body === null ? {} : { "content-type": "application/json" }),
    "idempotency-key": shown.invocationId,
    ...shown.headers,
  };
  const limits = { timeoutMs: definition.timeoutMs, maxBytes: mostAnswerBytes };
  const answer = await egressFetch(env, { url, method, headers, ...(body === null ? {} : { body: JSON.stringify(body) }) }, limits);
  return answer.ok ? judgeAnswer(definition, answer, shown.redact) : judgeFailure(answer, answer.latencyMs);
}

type Complete = Extract<EgressResult, { ok: true }>;
export type Failure = { readonly reason: EgressFailure; readonly status?: number | null };

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

function judgeAnswer({ answerSchema }: HttpDefinition, { status, headers, body, latencyMs }: Complete, redact: Redact): UpstreamResult {
  const answer = readAnswer(body);
  if (status >= 200 && status <= 299) {
    if (answerSchema !== null && !fits(answerSchema, answer)) return { kind: "unknown", reason: "unexpected_answer", status, latencyMs };
    return { kind: "confirmed", status, result: redact(answer), latencyMs };
  }
  if (didNotAct(status, headers)) return { kind: "refused", status, result: redact(answer), latencyMs };
  return { kind: "unknown", reason: "server_error", status, latencyMs };
}

/**
 * Of a status that is no success: 501 cannot do it, 503 with Retry-After has not begun (RFC 9110, 15.6.2 and 15.6.4). Any other 5xx may have
 * come after the effect.
 */
export const didNotAct = (status: number, headers: Headers): boolean =>
  status < 500 || status === 501 || (status === 503 && headers.has("retry-after"));

/** Judged before the credential is taken out: what the upstream said is what it promised. */
function fits(schema: JsonValue, answer: JsonValue): boolean {
  const compiled = compileJsonSchema(schema);
  if (!compiled.ok) return false;
  const outcome = compiled.schema.validate(answer);
  return outcome.ok && outcome.valid;
}
