import { addressOf, guardAgainstFlood, guardPayments } from "../access/flood-guard.ts";
import { jsonDigest, sha256 } from "../crypto/digest.ts";
import { toHex } from "../crypto/encoding.ts";
import { challengeHeader, requirementsOf, settlementHeader } from "../payments/challenge.ts";
import type { Presented, PresentedPayment, PresentedRequest, SettlementHeader, StoredAnswer } from "../payments/payment.ts";
import { endDelivery, presentPayment } from "../payments/present-payment.ts";
import type { Price } from "../payments/prices.ts";
import { readPayment } from "../payments/read-payment.ts";
import type { PaymentSettings } from "../payments/settings.ts";
import { describeFault } from "../platform/describe-fault.ts";
import { answerResponse } from "./answer-response.ts";
import { asProblem } from "./as-problem.ts";
import type { Call } from "./call.ts";
import { contextOf, type BodyReader } from "./handle-call.ts";
import type { Operation, Quote } from "./operation.ts";
import { problem, type Problem } from "./problem.ts";
import { payerHeaders, paymentHeader } from "./security-headers.ts";

export type Terms = { readonly settings: PaymentSettings; readonly price: Price };
/** One call that somebody without a credential makes of a payable operation. */
type Sale = { readonly operation: Operation; readonly call: Call; readonly settings: PaymentSettings; readonly accepts: Accepts };
type Accepts = ReturnType<typeof requirementsOf>;
/** What is for sale, or why nothing is. */
type Quoted = ({ readonly ok: true } & Quote<unknown>) | { readonly ok: false; readonly failure: Problem };

/**
 * A call without a credential: flood guard, parse, quote, and then the price, or the answer for whoever pays it. What does not exist is
 * a 404 before anything is asked for, and nothing is taken for what cannot be had.
 */
export async function runForPayer(operation: Operation, call: Call, { settings, price }: Terms, body: BodyReader): Promise<Response> {
  const { env, request, headers } = call;
  Object.assign(headers, payerHeaders);
  const header = request.headers.get(paymentHeader);
  const guard = header === null ? guardAgainstFlood : guardPayments;
  await guard(env, addressOf(request));
  const context = await contextOf(operation, call, body);
  const sale: Sale = { operation, call, settings, accepts: requirementsOf(settings, price) };
  if (header === null) {
    const quoted = await quote(operation, context);
    throw quoted.ok ? challenge(sale, "payment_required", "payment_required") : quoted.failure;
  }
  const payment = await requirePayment(sale, header, () => quote(operation, context));
  const quoted = await quote(operation, context);
  const presented = await present(sale, payment, await describeRequest(sale, await body(), { quoted, payment }));
  return answerPayer(sale, payment, quoted, presented);
}

/** The one place that says which URL is paid for: from the installation's own origin, never from what the caller says of the host. */
function resourceOf({ call }: Sale): { path: string; url: string } {
  const { pathname, search } = new URL(call.request.url);
  const path = `${pathname}${search}`;
  return { path, url: `${call.env.publicOrigin}${path}` };
}

/** Problem with what must be paid, and `error`: why. */
function challenge(sale: Sale, code: "payment_required" | "payment_refused", error: string): Problem {
  const { operation, accepts } = sale;
  const mimeType = operation.response.media?.[0] ?? "application/json";
  const secret = toHex(crypto.getRandomValues(new Uint8Array(16)));
  const required = challengeHeader({ error, url: resourceOf(sale).url, description: operation.summary, mimeType, accepts, secret });
  return problem(code, error, { headers: { "PAYMENT-REQUIRED": required } });
}

async function quote(operation: Operation, context: object): Promise<Quoted> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- OperationSpec promised that a payable operation has one, for any caller
  const ask = operation.quote as ((context: object) => Promise<Quote<unknown>>) | undefined;
  if (ask === undefined) throw new Error(`${operation.id} has no quote`);
  try {
    return { ok: true, ...(await ask(context)) };
  } catch (thrown) {
    return { ok: false, failure: asProblem(thrown) };
  }
}

/** The payment of the header. Where there is nothing to pay for, a bad payment is told that first, as no payment would be. */
async function requirePayment(sale: Sale, header: string, ask: () => Promise<Quoted>): Promise<PresentedPayment> {
  const read = await readPayment(header, sale.accepts, sale.settings);
  if (read.ok) return read.payment;
  if (read.reason === "malformed") {
    const message = "Base64 of an x402 payment payload (version 2, scheme `exact`) as JSON.";
    throw problem("invalid_request", read.detail, { errors: [{ path: `headers.${paymentHeader}`, message }] });
  }
  const quoted = await ask();
  throw quoted.ok ? challenge(sale, "payment_refused", read.reason) : quoted.failure;
}

/** A HEAD is paid for as the GET that it is asked instead of. */
async function describeRequest(
  sale: Sale,
  body: Uint8Array<ArrayBuffer>,
  { quoted, payment }: { readonly quoted: Quoted; readonly payment: PresentedPayment },
): Promise<PresentedRequest> {
  const { operation } = sale;
  const { path, url } = resourceOf(sale);
  const method = operation.method.toUpperCase();
  const fingerprint = await jsonDigest([method, path, toHex(await sha256(body))]);
  const request = { fingerprint, operation: operation.id, method, url };
  return quoted.ok ? { ...request, sellable: payment.isOffered, seller: quoted.seller } : { ...request, sellable: false };
}

const unknownOutcome = (blocker: string, retryAfterSeconds = 2): Problem =>
  problem("payment_pending", blocker, { headers: { "Retry-After": String(retryAfterSeconds) } });

const credited = (blocker: string, retryAfterSeconds: number): Problem =>
  problem("payment_credited", blocker, { headers: { "Retry-After": String(retryAfterSeconds) } });

/** While nobody knows whether the payment was taken, only the same payment may be sent again: a 402 would make an honest client pay twice. */
async function present({ call }: Sale, payment: PresentedPayment, request: PresentedRequest): Promise<Presented> {
  try {
    return await presentPayment(call.env, payment, request);
  } catch (fault) {
    throw unknownOutcome(`settlement: ${describeFault(fault)}`);
  }
}

async function answerPayer(sale: Sale, payment: PresentedPayment, quoted: Quoted, presented: Presented): Promise<Response> {
  // What is paid at another price than today's counts only where it was taken when that was the price.
  if (presented.kind === "unsold") throw quoted.ok ? challenge(sale, "payment_refused", "no_match") : quoted.failure;
  if (presented.kind === "foreign") throw problem("payment_mismatch", "the authorization came in another header before");
  nameSettlement(sale.call, presented);
  switch (presented.kind) {
    case "answer":
      return toResponse(presented.answer);
    case "deliver":
      return deliver(sale, payment, quoted, presented);
    case "pending":
      throw unknownOutcome("settlement pending", presented.retryAfterSeconds);
    case "owed":
      throw credited("failed too often to be tried now", presented.retryAfterSeconds);
    case "refused":
      if (presented.code === "payment_refused") throw challenge(sale, presented.code, presented.reason);
      throw problem(presented.code, presented.reason);
  }
}

/** Whatever the answer is: what became of the payment goes with it. */
function nameSettlement(
  { headers, trace }: Call,
  presented: { readonly paymentId?: string; readonly settlement?: SettlementHeader },
): void {
  const { paymentId, settlement } = presented;
  if (paymentId !== undefined) {
    trace.actor = paymentId;
    headers["X-Payment-Id"] = paymentId;
  }
  if (settlement !== undefined) headers["PAYMENT-RESPONSE"] = settlementHeader(settlement);
}

/** Runs the delivery that was paid for, and sends what the object has kept of it: an answer that is not kept is not given. */
async function deliver(
  { operation, call }: Sale,
  payment: PresentedPayment,
  quoted: Quoted,
  { paymentId: id, lease }: Extract<Presented, { kind: "deliver" }>,
): Promise<Response> {
  const { payer } = payment;
  const made = quoted.ok ? await render(operation, () => quoted.deliver({ id, payer })) : ({ ok: false, failure: quoted.failure } as const);
  const end = made.ok ? made : ({ ok: false, code: made.failure.code } as const);
  let kept: StoredAnswer | undefined;
  try {
    kept = await endDelivery(call.env, payment, lease, end);
  } catch (fault) {
    throw unknownOutcome(`end of delivery: ${describeFault(fault)}`);
  }
  if (kept !== undefined) return toResponse(kept);
  const reason = made.ok ? "the answer was not kept" : `${made.failure.code}: ${made.failure.blocker}`;
  throw credited(reason, 2);
}

type Rendered = { readonly ok: true; readonly answer: StoredAnswer } | { readonly ok: false; readonly failure: Problem };

async function render(operation: Operation, run: () => Promise<unknown>): Promise<Rendered> {
  try {
    const response = answerResponse(operation, await run());
    const mediaType = response.headers.get("Content-Type") ?? "application/octet-stream";
    return { ok: true, answer: { status: response.status, mediaType, body: await response.text() } };
  } catch (thrown) {
    return { ok: false, failure: asProblem(thrown) };
  }
}

const toResponse = ({ status, mediaType, body }: StoredAnswer): Response =>
  new Response(body, { status, headers: { "Content-Type": mediaType } });
