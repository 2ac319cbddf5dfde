import { admit, limitHeaders } from "../access/admit.ts";
import { authenticate } from "../access/authenticate.ts";
import { enterOrganization } from "../access/enter-organization.ts";
import { addressOf, countingRefusals, guardAgainstFlood } from "../access/flood-guard.ts";
import { requireOwnSite } from "../access/own-origin.ts";
import { currentTime } from "../platform/clock.ts";
import { answerRequest } from "./answer-request.ts";
import { answerResponse } from "./answer-response.ts";
import type { Call } from "./call.ts";
import { handleCall, type BodyReader } from "./handle-call.ts";
import type { Operation, Relay, RelayCaller, RelayedCall } from "./operation.ts";
import { Problem, problem } from "./problem.ts";
import { paymentHeader } from "./security-headers.ts";

type Run = (operation: Operation, call: Call) => Promise<Response>;

/** What every call through a relay has of the request that it came in: who asks, from where, and in which trace. */
const passedOn = ["Authorization", "CF-Connecting-IP", "Origin", "traceparent"];
/** What the caller's limits say, of the last call that asked for them. */
const limitNames = ["RateLimit-Policy", "RateLimit", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After"];

/**
 * A request in another protocol. The relay does nothing itself: whatever it calls runs as a request of its own (authenticate, gate, parse,
 * handle, answer), for the credential and the address that came with this one. A credential that proves nothing, here or in such a call, is
 * a 401 for the whole request, which says where the resource describes itself (RFC 9728).
 */
export async function runForRelay(operation: Operation, call: Call, body: BodyReader, run: Run): Promise<Response> {
  const { env, request, headers } = call;
  requireOwnSite(env, request);
  if (request.headers.has("Authorization")) await authenticateOnly(call, operation);
  else await guardAgainstFlood(env, addressOf(request));
  const state: RelayState = { refusal: undefined };
  const relay: Relay = {
    request,
    body: await body(),
    call: async (called: Operation, asked: RelayedCall): Promise<Response> => {
      const response = await callOne(call, called, asked, run);
      for (const name of limitNames) if (response.headers.has(name)) headers[name] = response.headers.get(name) ?? "";
      if (response.status !== 401) return response;
      throw (state.refusal = challenge(call, operation, `${called.id} refused the credential`));
    },
    caller: remembered(() => identify(call, operation)),
  };
  const answer = answerResponse(operation, await handleCall(operation, call, body, { relay }));
  if (state.refusal !== undefined) throw state.refusal;
  return answer;
}

/** What happened in one relayed request, whatever a protocol's library has made of it. */
type RelayState = { refusal: Problem | undefined };

function remembered<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | undefined;
  return () => (asked ??= ask());
}

/** RFC 9728, section 5.1: where it is said what this resource takes. */
function challenge({ env }: Call, { path }: Operation, blocker: string): Problem {
  const metadata = `${env.publicOrigin}/.well-known/oauth-protected-resource${path}`;
  return problem("unauthenticated", blocker, {
    headers: { "WWW-Authenticate": `Bearer realm="armalo", resource_metadata="${metadata}"` },
  });
}

async function challenging<T>(call: Call, operation: Operation, attempt: () => Promise<T>): Promise<T> {
  try {
    return await countingRefusals(call.env, addressOf(call.request), attempt);
  } catch (thrown) {
    if (thrown instanceof Problem && thrown.code === "unauthenticated") throw challenge(call, operation, thrown.blocker);
    throw thrown;
  }
}

/**
 * By arithmetic or signature: nothing is looked up, and nothing of the request is read for what we never issued. The relay changes nothing, so
 * that it is asked as for a reading; what is called through it asks again. Cookies are no credential here.
 */
const authenticateOnly = (call: Call, operation: Operation) =>
  challenging(call, operation, () => {
    const own = new Request(call.request.url, { headers: ownHeaders(call.request) });
    return authenticate(call.env, own, { now: currentTime(), meter: call.trace.meter });
  });

/** Who asks, by the gate's word. */
async function identify(call: Call, operation: Operation): Promise<RelayCaller | null> {
  const { env, request, trace, headers } = call;
  const address = addressOf(request);
  if (!request.headers.has("Authorization")) return null;
  const credential = await authenticateOnly(call, operation);
  const options = { scope: "any", peopleOnly: false, durable: false, address, idempotency: null } as const;
  const admission = await challenging(call, operation, () => admit(env, credential, options));
  trace.orgId = credential.orgId;
  Object.assign(headers, limitHeaders(admission.limit));
  const { caller, openTenant } = enterOrganization(env, credential, admission, { ...trace, waitUntil: call.waitUntil });
  trace.actor = caller.principal.actor;
  return { principal: caller.principal, tenant: openTenant(undefined) };
}

/** One call as a request of its own, with a request id and a log line of its own. */
function callOne({ env, request, waitUntil }: Call, called: Operation, asked: RelayedCall, run: Run): Promise<Response> {
  const { params } = asked;
  const made = toRequest(env.publicOrigin, request, called, asked);
  const app = { fetch: (own: Request, inner: Omit<Call, "params">) => run(called, { ...inner, request: own, params: { ...params } }) };
  return answerRequest(app, made, { ok: true, env }, waitUntil);
}

function ownHeaders({ headers }: Request): Headers {
  const own = new Headers();
  for (const name of passedOn) if (headers.has(name)) own.set(name, headers.get(name) ?? "");
  return own;
}

function toRequest(origin: string, request: Request, { method, path }: Operation, asked: RelayedCall): Request {
  const url = new URL(origin + path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(asked.params[name] ?? "")));
  for (const [name, value] of Object.entries(asked.query)) url.searchParams.set(name, value);
  const headers = ownHeaders(request);
  if (asked.idempotencyKey !== undefined) headers.set("Idempotency-Key", asked.idempotencyKey);
  if (asked.payment !== undefined) headers.set(paymentHeader, asked.payment);
  if (asked.body === undefined) return new Request(url, { method: method.toUpperCase(), headers });
  headers.set("Content-Type", "application/json");
  return new Request(url, { method: method.toUpperCase(), headers, body: asked.body });
}
