import { tagId, taggedIdPattern } from "../access/tagged-id.ts";
import type { Environment } from "../env.ts";
import { packAnswer, unpackAnswer } from "./kept-answer.ts";
import type { DeliveryEnd, Presented, PresentedPayment, PresentedRequest, Refusal, SettlementHeader, StoredAnswer } from "./payment.ts";
import { paymentName } from "./payment-name.ts";
import type { Standing } from "./settlement.ts";

/** When to come again with the same payment. */
const retryAfterSeconds = 5;

const settlementOf = ({ bindings: { SETTLEMENT: settlements } }: Environment, name: string) =>
  settlements.get(settlements.idFromName(name));

/**
 * Presents a payment for a request: bound to that request, taken once, and waited for some 25 s at most. One call of the payment's object,
 * which is reached only by a signature of its payer.
 */
export async function presentPayment(env: Environment, payment: PresentedPayment, request: PresentedRequest): Promise<Presented> {
  const name = await paymentName(payment);
  const paymentId = await tagId(env, "payment", name);
  const told = await settlementOf(env, name).present({ paymentId, terms: payment, request });
  switch (told.kind) {
    case "unsold":
    case "foreign":
      return { kind: told.kind };
    case "pending":
      return { kind: "pending", paymentId, retryAfterSeconds, ...(told.settlement === undefined ? {} : { settlement: told.settlement }) };
    case "refused": {
      const { reason, isBound } = told;
      const named = isBound ? { paymentId } : {};
      return { kind: "refused", code: codeOf(reason), reason, settlement: refusalOf(payment, reason), ...named };
    }
    case "owed":
      return { kind: "owed", paymentId, retryAfterSeconds: Math.ceil(told.waitMs / 1000), settlement: told.settlement };
    case "deliver":
      return { kind: "deliver", paymentId, lease: told.lease, settlement: told.settlement };
    case "answer":
      return { kind: "answer", paymentId, answer: await unpackAnswer(told.answer), settlement: told.settlement };
  }
}

/**
 * Ends a delivery. Answers what the payer is to be sent: the answer as it was kept, or, where another delivery of the same payment ended
 * first, that one's; undefined where a credit was kept and no answer: the delivery failed, or its answer is too large to be kept.
 */
export async function endDelivery(
  env: Environment,
  payment: PresentedPayment,
  lease: string,
  end: DeliveryEnd,
): Promise<StoredAnswer | undefined> {
  const packed = end.ok ? await packAnswer(end.answer) : undefined;
  const failed = end.ok ? "answer_too_large" : end.code;
  const ended = packed === undefined ? ({ ok: false, code: failed } as const) : ({ ok: true, answer: packed } as const);
  const kept = await settlementOf(env, await paymentName(payment)).end(lease, ended);
  return kept === undefined ? undefined : await unpackAnswer(kept);
}

const refusalOf = ({ payer, network }: PresentedPayment, errorReason: Refusal): SettlementHeader => ({
  success: false,
  errorReason,
  payer,
  transaction: "",
  network,
});

function codeOf(reason: Refusal): "payment_refused" | "payment_mismatch" | "payment_identifier_conflict" {
  switch (reason) {
    case "other_request":
    case "other_resource":
      return "payment_mismatch";
    case "identifier_taken":
      return "payment_identifier_conflict";
    case "expired":
    case "not_yet_valid":
    case "valid_for_too_long":
    case "already_used":
    case "not_accepted":
    case "not_taken":
    case "cancelled":
      return "payment_refused";
  }
}

/** How a payment stands, by its identifier, which is one of ours; undefined where its object knows nothing of it, or no more. */
export async function showPayment(env: Environment, paymentId: string): Promise<Standing | undefined> {
  const [, name] = taggedIdPattern("payment").exec(paymentId) ?? [];
  return name === undefined ? undefined : settlementOf(env, name).show();
}
