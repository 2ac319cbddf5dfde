import { z } from "zod";
import type { JsonValue } from "../crypto/canonical-json.ts";
import { callService, type ServiceAnswer } from "../platform/service-call.ts";
import type { PresentedPayment } from "./payment.ts";
import type { PaymentSettings } from "./settings.ts";

type Facilitator = Pick<PaymentSettings, "facilitatorUrl" | "facilitatorToken">;
type Asked = Pick<PresentedPayment, "payload" | "requirements">;

/** `unavailable`: it said nothing, or nothing about the payment. */
export type Verdict = { readonly kind: "valid" } | { readonly kind: "invalid" | "unavailable"; readonly reason: string };

/**
 * What a facilitator says that it did. None of it is believed: the chain decides. `failed` is an answer, `uncertain` is none that says how it
 * ended. `transaction` is where to look first.
 */
export type SettleReport = { readonly kind: "done" | "failed" | "uncertain"; readonly reason: string; readonly transaction?: string };

const [verifyTimeoutMs, settleTimeoutMs] = [8_000, 30_000];

const transaction = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/)
  .optional()
  .catch(undefined);
const reason = z.string().max(200).optional().catch(undefined);
const VerifyResponse = z.object({ isValid: z.boolean(), invalidReason: reason });
const SettleResponse = z.object({ success: z.boolean(), errorReason: reason, transaction });

function call(
  facilitator: Facilitator,
  path: "verify" | "settle",
  { payload, requirements }: Asked,
  timeoutMs: number,
): Promise<ServiceAnswer> {
  const paymentPayload: JsonValue = JSON.parse(payload);
  const paymentRequirements: JsonValue = JSON.parse(JSON.stringify(requirements));
  const url = `${facilitator.facilitatorUrl.replace(/\/$/, "")}/${path}`;
  return callService({ url, token: facilitator.facilitatorToken, timeoutMs }, { x402Version: 2, paymentPayload, paymentRequirements });
}

/** Asks whether a payment would go through. Takes nothing. */
export async function verifyPayment(facilitator: Facilitator, payment: Asked): Promise<Verdict> {
  const answer = await call(facilitator, "verify", payment, verifyTimeoutMs);
  if (!answer.ok) return { kind: "unavailable", reason: answer.reason };
  const parsed = VerifyResponse.safeParse(answer.json);
  if (answer.status >= 500 || !parsed.success) return { kind: "unavailable", reason: `status ${answer.status}` };
  if (parsed.data.isValid) return { kind: "valid" };
  const { invalidReason = "no reason given" } = parsed.data;
  // Its own troubles, which it reports in the same words as the payer's faults.
  return { kind: invalidReason.startsWith("unexpected_") ? "unavailable" : "invalid", reason: invalidReason };
}

/** Asks to take a payment. The state that lets us find it again must be durable before. */
export async function settlePayment(facilitator: Facilitator, payment: Asked): Promise<SettleReport> {
  const answer = await call(facilitator, "settle", payment, settleTimeoutMs);
  if (!answer.ok) return { kind: "uncertain", reason: answer.reason };
  const parsed = SettleResponse.safeParse(answer.json);
  if (!parsed.success) return { kind: "uncertain", reason: `status ${answer.status}` };
  const { success, errorReason = "no reason given", transaction: hash } = parsed.data;
  const named = hash === undefined ? {} : { transaction: hash };
  if (success) return { kind: "done", reason: "settled", ...named };
  const pending = errorReason === "settlement_pending" || answer.status >= 500;
  return { kind: pending ? "uncertain" : "failed", reason: errorReason, ...named };
}
