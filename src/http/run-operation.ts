import { admit, gateOf, limitHeaders, type AdmitOptions } from "../access/admit.ts";
import { authenticate, bringsCredential, type Credential } from "../access/authenticate.ts";
import { enterOrganization, type Entered } from "../access/enter-organization.ts";
import { addressOf, countingRefusals, guardAgainstFlood } from "../access/flood-guard.ts";
import type { IdempotencyRequest, IdempotencyState } from "../access/idempotency.ts";
import { requireOrigin } from "../access/own-origin.ts";
import type { Scope } from "../access/scopes.ts";
import { AlreadyDone } from "../db/database-fault.ts";
import { currentTime } from "../platform/clock.ts";
import { answerResponse } from "./answer-response.ts";
import type { Call } from "./call.ts";
import { governanceClasses } from "./governance.ts";
import { handleCall, type BodyReader } from "./handle-call.ts";
import { findAnswer, idempotentWrite, readIdempotency } from "./idempotency.ts";
import type { Operation } from "./operation.ts";
import { problem } from "./problem.ts";
import { readBody } from "./read-body.ts";
import { recordFailure } from "./record-failure.ts";
import { runForPayer } from "./run-for-payer.ts";
import { runForProvider } from "./run-for-provider.ts";
import { runForRelay } from "./run-for-relay.ts";
import { runForRoom } from "./run-for-room.ts";
import { anyOriginHeaders, paymentHeader } from "./security-headers.ts";
import { answerShared } from "./shared-answer.ts";

/** The pipeline's fixed order: authenticate, gate, parse, handle, check the answer. Failures leave as thrown Problems. */
export async function runOperation(operation: Operation, call: Call): Promise<Response> {
  const { trace } = call;
  trace.operation = operation.id;
  trace.route = operation.path;
  trace.forPeople = operation.response.refusals === "page";
  let read: Promise<Uint8Array<ArrayBuffer>> | undefined;
  const body: BodyReader = () => (read ??= readBody(call.request));
  const { access } = operation;
  switch (access.mode) {
    case "public":
      return runForAnyone(operation, call, body);
    case "payable":
      if (call.env.payments === undefined || bringsCredential(call.env, call.request))
        return runForTenant(operation, call, access.scope, body);
      return runForPayer(operation, call, { settings: call.env.payments, price: access.price }, body);
    case "operator":
    case "tenant":
      return runForTenant(operation, call, access.scope, body);
    case "provider":
      return runForProvider(operation, call, access.provider, body);
    case "relay":
      return runForRelay(operation, call, body, runOperation);
    case "room":
      // The room judges the token with what is asked of it: once, also where nothing can be asked.
      return runForRoom(call, async (room) => {
        const judge = async (): Promise<void> => access.judge({ env: call.env, room });
        return answerResponse(operation, await handleCall(operation, call, body, { room }, judge));
      });
  }
}

/** What is kept for all costs nothing to give, so that it counts against no address. */
async function runForAnyone(operation: Operation, call: Call, body: BodyReader): Promise<Response> {
  const { anyOrigin, sharedSeconds } = operation.response;
  const answer = async (): Promise<Response> => {
    if (anyOrigin) Object.assign(call.headers, anyOriginHeaders);
    await guardAgainstFlood(call.env, addressOf(call.request));
    if (operation.governance === "sign-in") requireOrigin(call.request, [call.env.publicOrigin]);
    return answerResponse(operation, await handleCall(operation, call, body, {}));
  };
  return sharedSeconds === undefined ? answer() : answerShared(operation, call, sharedSeconds, answer);
}

async function runForTenant(operation: Operation, call: Call, scope: Scope, body: BodyReader): Promise<Response> {
  const { env, request, trace } = call;
  const address = addressOf(request);
  const prove = () => countingRefusals(env, address, () => authenticate(env, request, { now: currentTime(), meter: trace.meter }));
  const credential = await prove();
  const peopleOnly = operation.access.mode === "operator";
  const paysToo = paysAsWell(operation, call);
  const { audited } = governanceClasses[operation.governance];
  const idempotency =
    audited && !paysToo && !(peopleOnly && credential.kind !== "person") ? await readIdempotency(request, operation.id, body) : null;
  const durable = operation.governance === "credential" || operation.governance === "autonomous-action";
  const gateStart = currentTime().getTime();
  const options = { scope, peopleOnly, durable, address, idempotency };
  const ask = (who: Credential, asked: AdmitOptions) => countingRefusals(env, address, () => admit(env, who, asked));
  const admission = await ask(credential, options);
  trace.gateMs = currentTime().getTime() - gateStart;
  trace.orgId = credential.orgId;
  Object.assign(call.headers, limitHeaders(admission.limit));

  const entered = enterOrganization(env, credential, admission, { ...trace, waitUntil: call.waitUntil });
  trace.actor = entered.caller.principal.actor;
  const stillAdmitted = async (): Promise<void> => {
    const { limit } = await ask(await prove(), { ...options, idempotency: null });
    Object.assign(call.headers, limitHeaders(limit));
  };
  try {
    if (paysToo) throw problem("credential_conflict", "a credential and a payment");
    if (idempotency === null) {
      const caller = { ...entered.caller, tenant: entered.openTenant(undefined), stillAdmitted };
      return answerResponse(operation, await handleCall(operation, call, body, caller));
    }
    return await runOnce(operation, call, body, { entered, credential, idempotency, state: admission.idempotency ?? "fresh" });
  } catch (thrown) {
    recordFailure(call, entered.openTenant(undefined), thrown);
    throw thrown;
  }
}

/** Which of the two is meant, we do not guess: a credential that holds would pay nothing. A bad one was refused before this is said. */
const paysAsWell = ({ access }: Operation, { env, request }: Call): boolean =>
  access.mode === "payable" && env.payments !== undefined && request.headers.has(paymentHeader);

type Once = {
  readonly entered: Entered;
  readonly credential: Credential;
  readonly idempotency: IdempotencyRequest;
  readonly state: IdempotencyState;
};

/** Runs a change at most once for its Idempotency-Key, whatever dies in between; the lease is given back on every exit. */
async function runOnce(
  operation: Operation,
  call: Call,
  body: BodyReader,
  { entered, credential, idempotency, state }: Once,
): Promise<Response> {
  if (state === "in_progress") throw problem("idempotency_in_progress", "the lease is held", { headers: { "Retry-After": "2" } });
  if (state === "mismatch") throw problem("idempotency_mismatch", "the key was used with another request");
  const { principal, box } = entered.caller;
  const tenant = entered.openTenant(idempotentWrite(box, principal.actor, idempotency, operation.response.status));
  const replay = async (): Promise<Response | undefined> => {
    const answer = await findAnswer(tenant, box, principal.actor, idempotency);
    if (answer === undefined) return undefined;
    return new Response(answer.body, {
      status: answer.status,
      headers: { "Content-Type": "application/json", "Idempotent-Replayed": "true" },
    });
  };
  let done = state === "done";
  try {
    const earlier = state === "fresh" ? undefined : await replay();
    const response =
      earlier ?? (await answerOrReplay(operation, () => handleCall(operation, call, body, { ...entered.caller, tenant }), replay));
    done = true;
    return response;
  } finally {
    const gate = gateOf(call.env, credential.orgId);
    call.waitUntil(Promise.resolve(gate.endIdempotent(principal.actor, idempotency, done)).catch(() => undefined));
  }
}

async function answerOrReplay(
  operation: Operation,
  run: () => Promise<unknown>,
  replay: () => Promise<Response | undefined>,
): Promise<Response> {
  try {
    return answerResponse(operation, await run());
  } catch (thrown) {
    if (!(thrown instanceof AlreadyDone)) throw thrown;
    const earlier = await replay();
    if (earlier === undefined) throw thrown.otherwise;
    return earlier;
  }
}
