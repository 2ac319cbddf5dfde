import { z } from "@hono/zod-openapi";

/** The closed list of failures: what callers may be told, and nothing of the cause. */
export const problems = {
  invalid_request: [400, "The request is not valid", "One or more fields are missing, unknown or of the wrong form; `errors` names each."],
  malformed_json: [400, "The body is not JSON", "The body could not be read as JSON, or is nested too deeply."],
  unauthenticated: [
    401,
    "A valid credential is needed",
    "Send `Authorization: Bearer` with an API key or an access token, inside a room with a token of that room, or sign in as a person. A credential that is unknown, expired, revoked or malformed is refused alike.",
  ],
  forbidden: [
    403,
    "The credential may not do this",
    "The credential is valid but lacks the scope, the role, the capability, the address or the agent that this operation needs.",
  ],
  browser_key: [
    403,
    "API keys are for servers",
    "A change was asked for with an API key and an Origin header. Use keys from servers only.",
  ],
  bad_signature: [
    401,
    "The signature does not fit",
    "A provider's event needs a signature of this moment, over exactly these bytes, with a secret that this installation knows. Every kind of bad signature is answered alike.",
  ],
  person_needed: [
    403,
    "Only a signed-in person may do this",
    "No API key and no access token can do this, whatever its scopes: sign in as a member of the organization whose role allows it.",
  ],
  four_eyes: [
    403,
    "Somebody else must approve this",
    "The policy asks for four eyes: whoever registered the agent, made the key that asks, or created the grant can neither approve nor promote, and while that is not known nobody can. Whoever may decide can deny.",
  ],
  origin_refused: [
    403,
    "The request's origin is not ours",
    "A change that is asked for with a session cookie needs an `Origin` header that names this service; one that is absent is refused too.",
  ],
  foreign_site: [
    403,
    "The request is meant for another site",
    "`Host`, and `Origin` where a browser sends one, must name this service: a page of another site may not have a browser call it (DNS rebinding).",
  ],
  organization_needed: [
    403,
    "The session is in no organization here",
    "Choose an organization in the dashboard, or ask its operators to let you in: the session names none that this service knows you in.",
  ],
  credential_conflict: [
    400,
    "Two kinds of credential",
    "Send one kind of credential: an API key or access token, a session (its cookie counts), a payment, or a room token, never two at once.",
  ],
  payment_required: [
    402,
    "Payment is needed",
    "Send a credential with the operation's scope, or pay for this call: the `PAYMENT-REQUIRED` header says how (x402, version 2).",
  ],
  payment_refused: [
    402,
    "The payment cannot be used",
    "Nothing was taken for this request. The payment does not match what was asked for, has expired, is not covered or is not signed by its payer; the `PAYMENT-REQUIRED` header says what is needed.",
  ],
  payment_mismatch: [
    409,
    "The payment belongs to another request",
    "This payment is bound to another method, URL or body, or came in another `PAYMENT-SIGNATURE` before. Repeat that request with that header, or pay for this one.",
  ],
  payment_identifier_conflict: [
    409,
    "The payment identifier is taken",
    "This payment identifier was sent before with another payment. Nothing was taken; resend the payment that it came with.",
  ],
  claim_not_allowed: [
    403,
    "The claim policy does not allow this",
    "What may be attested of an agent is decided by the organization's operators; `GET /v1/claim-policy` shows what they allow.",
  ],
  sign_in_refused: [
    401,
    "The sign-in link cannot be used",
    "A link works once, for ten minutes, and only as it was given. Ask whoever runs this installation for a new one.",
  ],
  not_found: [404, "Not found", "There is no such thing here, or it is not visible to this credential."],
  method_not_allowed: [405, "Method not allowed", "This path exists, but not with this method; `Allow` lists those that do."],
  state_conflict: [409, "The state does not allow this", "The thing has changed, or is in a state in which this cannot be done."],
  promotion_blocked: [
    409,
    "The evidence does not suffice",
    "A grant is promoted on evidence alone: `errors` names each thing that is missing, and how much of it. What is unavailable is never enough.",
  ],
  message_id_reused: [
    409,
    "The messageId is taken",
    "This agent has used the messageId for another message. Nothing was published; give each message an id of its own.",
  ],
  room_closed: [409, "The room is closed", "A closed room takes nobody in, and nothing in it changes any more."],
  idempotency_in_progress: [
    409,
    "The same request is in progress",
    "A request with this Idempotency-Key has not finished yet; try again shortly.",
  ],
  idempotency_key_expired: [
    409,
    "The Idempotency-Key is used up",
    "A request with this key succeeded over 24 hours ago and its answer is no longer kept; use a new key.",
  ],
  invocation_in_doubt: [
    409,
    "What came of the invocation is not known",
    "This request, or an earlier one with its Idempotency-Key, may have reached the upstream, and what came of it is not recorded yet. Do not send it again as another request; `errors` names the invocation, whose effect an operator settles.",
  ],
  log_stopped: [
    409,
    "The transparency log has stopped",
    "Events no longer agree with what the organization's log has signed. The log says where, and signs nothing more until they do.",
  ],
  plan_limit: [
    409,
    "The plan does not allow this",
    "The organization's plan has reached its limit for this kind of thing, or has none of it; `GET /v1/billing` shows what it allows.",
  ],
  body_too_large: [413, "The body is too large", "A body may have at most 256 KiB."],
  unsupported_media_type: [415, "Unsupported content type", "Send the body as `application/json`."],
  idempotency_mismatch: [422, "Idempotency-Key reused", "This Idempotency-Key was used with another request."],
  rate_limited: [
    429,
    "Too many requests",
    "The organization's plan, or what is allowed to one address or member, is fewer a minute; `Retry-After` says when to come back.",
  ],
  internal: [500, "Something went wrong here", "The fault is ours. The request id lets us find it."],
  unavailable: [
    503,
    "Temporarily unavailable",
    "Something that is needed to decide is not reachable; nothing was done. Try again shortly.",
  ],
  payment_pending: [
    503,
    "The payment's outcome is not known yet",
    "Resend the same request with the same `PAYMENT-SIGNATURE` after `Retry-After`. Do not sign another payment: this one may have been taken.",
  ],
  payment_credited: [
    503,
    "Paid, and not delivered yet",
    "The payment was taken, and what it was for could not be delivered. It is kept as a credit: resend the same request with the same `PAYMENT-SIGNATURE` within 30 days, and nothing more is taken. `X-Payment-Id` names the payment.",
  ],
  not_configured: [
    503,
    "Not configured",
    "This installation lacks a setting that the operation needs: only whoever runs it can change that.",
  ],
} as const satisfies Record<string, readonly [status: number, title: string, explanation: string]>;

export type ProblemCode = keyof typeof problems;
export const isProblemCode = (code: string): code is ProblemCode => Object.hasOwn(problems, code);
export const problemCodes = Object.keys(problems).filter(isProblemCode);

export type FieldError = { readonly path: string; readonly message: string };

/** An expected failure on its way to the edge. `blocker` is the internal reason: it goes to the log, never to the caller. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly blocker: string;
  readonly errors: readonly FieldError[];
  readonly headers: Readonly<Record<string, string>>;
  constructor(code: ProblemCode, blocker: string, extra: { errors?: readonly FieldError[]; headers?: Record<string, string> } = {}) {
    super(code);
    this.code = code;
    this.blocker = blocker;
    this.errors = extra.errors ?? [];
    this.headers = extra.headers ?? {};
  }
}

/** A failure to throw: its code, the blocker for the log, and what more callers may know. */
export const problem = (...args: ConstructorParameters<typeof Problem>): Problem => new Problem(...args);

/** RFC 9457 problem details, as every failure is answered. */
export const ProblemBody = z
  .object({
    type: z.url(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(problemCodes),
    requestId: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .openapi("Problem");
