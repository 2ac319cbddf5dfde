import type { Environment } from "../env.ts";
import { describeFault } from "../platform/describe-fault.ts";
import { problem } from "../http/problem.ts";
import { readAdmission, type Admission, type AdmitRequest } from "./admission.ts";
import type { Credential } from "./authenticate.ts";
import type { IdempotencyRequest } from "./idempotency.ts";
import type { AskedScope } from "./key-record.ts";
import type { LimitAnswer } from "./rolling-limit.ts";

/** The organization's gate. Only an organization whose keyed tag or signature was checked may be named here. */
export const gateOf = (env: Environment, orgId: string) => env.bindings.GATE.get(env.bindings.GATE.idFromName(orgId));

export type GateStub = ReturnType<typeof gateOf>;

/** Asks the organization's gate, or tells it something. One out of reach is a 503: never a guess. */
export async function askGate<T>(env: Environment, orgId: string, ask: (gate: GateStub) => Promise<T>): Promise<T> {
  try {
    return await ask(gateOf(env, orgId));
  } catch (fault) {
    throw problem("unavailable", `gate: ${describeFault(fault)}`);
  }
}

export type AdmitOptions = {
  readonly scope: AskedScope;
  /** What only people do: a key or a token that holds is told so, and nothing else. */
  readonly peopleOnly: boolean;
  readonly durable: boolean;
  readonly address: string | null;
  readonly idempotency: IdempotencyRequest | null;
};

/** One call to the gate: state, scope, limits, idempotency. Throws the refusal as a problem; a gate out of reach is a 503. */
export async function admit(env: Environment, credential: Credential, options: AdmitOptions): Promise<Admission> {
  const answer = await askGate(env, credential.orgId, async (gate) => readAdmission(await gate.admit(requestOf(credential, options))));
  if (answer.ok) return answer;
  const headers = answer.limit === undefined ? {} : limitHeaders(answer.limit);
  switch (answer.reason) {
    case "credential_refused":
      throw problem("unauthenticated", answer.blocker);
    case "person_needed":
      throw problem("person_needed", answer.blocker);
    case "address_denied":
    case "scope_denied":
      throw problem("forbidden", answer.blocker);
    case "rate_limited":
      throw problem("rate_limited", answer.blocker, {
        headers: { ...headers, "Retry-After": String(seconds(answer.limit?.resetMs ?? 1000)) },
      });
  }
}

function requestOf(credential: Credential, { scope, peopleOnly, durable, address, idempotency }: AdmitOptions): AdmitRequest {
  const { orgId } = credential;
  if (credential.kind === "person") {
    const { sessionId, proof } = credential;
    return { orgId, person: { sessionId, proof, scope }, durable, idempotency };
  }
  const { keyId, secretHash, tokenScopes } = credential;
  return { orgId, keyId, claim: { secretHash, tokenScopes, scope: peopleOnly ? null : scope, address }, durable, idempotency };
}

const seconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1000));

/** The draft-11 RateLimit fields (draft-ietf-httpapi-ratelimit-headers) and the older X-RateLimit ones. */
export function limitHeaders({ limit, remaining, resetMs }: LimitAnswer): Record<string, string> {
  const reset = seconds(resetMs);
  return {
    "RateLimit-Policy": `"plan";q=${limit};w=60`,
    RateLimit: `"plan";r=${remaining};t=${reset}`,
    "X-RateLimit-Limit": String(limit),
    "X-RateLimit-Remaining": String(remaining),
    "X-RateLimit-Reset": String(reset),
  };
}
