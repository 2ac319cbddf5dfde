import type { JsonValue } from "../crypto/canonical-json.ts";
import { compileJsonSchema } from "../expressions/json-schema.ts";
import { egressFetch, type EgressEnvironment, type EgressResult } from "../platform/egress.ts";
import type { CapabilityDefinition } from "./capability.ts";
import type { PlannedCall } from "./plan-call.ts";
import { mostAnswerBytes, readAnswer } from "./read-answer.ts";
import type { Redact } from "./redact.ts";
import { didNotAct, judgeFailure, type UpstreamResult } from "./upstream-result.ts";

type HttpDefinition = Extract<CapabilityDefinition, { kind: "http" }>;
type HttpCall = Extract<PlannedCall, { kind: "http" }>;

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
function judgeAnswer({ answerSchema }: HttpDefinition, { status, headers, body, latencyMs }: Complete, redact: Redact): UpstreamResult {
  const answer = readAnswer(body);
  if (status >= 200 && status <= 299) {
    if (answerSchema !== null && !fits(answerSchema, answer)) return { kind: "unknown", reason: "unexpected_answer", status, latencyMs };
    return { kind: "confirmed", status, result: redact(answer), latencyMs };
  }
  if (didNotAct(status, headers)) return { kind: "refused", status, result: redact(answer), latencyMs };
  return { kind: "unknown", reason: "server_error", status, latencyMs };
}

/** Judged before the credential is taken out: what the upstream said is what it promised. */
function fits(schema: JsonValue, answer: JsonValue): boolean {
  const compiled = compileJsonSchema(schema);
  if (!compiled.ok) return false;
  const outcome = compiled.schema.validate(answer);
  return outcome.ok && outcome.valid;
}
