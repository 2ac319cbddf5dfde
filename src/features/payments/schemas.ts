import { z } from "@hono/zod-openapi";
import { taggedIdPattern } from "../../access/tagged-id.ts";
import { paymentOutcomes } from "../../crypto/statement/payment.ts";
import { paymentStates } from "../../payments/settlement.ts";
import { nextActs } from "./payment-view.ts";

export const PaymentParams = z.object({
  paymentId: z
    .string()
    .regex(taggedIdPattern("payment"))
    .openapi({ description: "From the header `X-Payment-Id` of a paid call's answer." }),
});

const Receipt = z.object({
  id: z.string(),
  outcome: z.enum(paymentOutcomes),
  statement: z.string().openapi({ description: "The signed receipt: an in-toto Statement as a compact JWS." }),
  digest: z.string(),
  issuedAt: z.iso.datetime(),
});

export const Payment = z
  .object({
    id: z.string(),
    state: z.enum(paymentStates).openapi({
      description:
        "`pending`: nobody knows yet whether it was taken. `delivering`: taken, the call is under way. `delivered`: taken and answered. `credited`: taken, and the answer is still owed. `refused`: nothing was taken. `reversed`: the chain took it back.",
    }),
    next: z.enum(nextActs).openapi({
      description:
        "What to do now. `resend_same`: send the same request with the same `PAYMENT-SIGNATURE` until `keptUntil`; nothing more is taken. `pay_again`: sign another payment. `nothing`: it was paid and answered, and the answer is no longer kept.",
    }),
    network: z.string(),
    asset: z.string(),
    payTo: z.string(),
    amount: z.string().openapi({ description: "Atomic units of the asset." }),
    transaction: z.string().nullable(),
    operation: z.string(),
    resource: z.string(),
    keptUntil: z.iso.datetime().nullable().openapi({
      description:
        "Until when the answer or the credit is kept: null while the chain may still take the payment back, since nothing is forgotten before that, and once nothing is kept.",
    }),
    receipt: Receipt.nullable().openapi({
      description:
        "The newest one, some seconds after the call at the latest. `GET /v1/payments/{paymentId}/receipt` gives it with its key history and its proof from the log, as `armalo-verify` reads it.",
    }),
  })
  .openapi("Payment");
export type PaymentView = z.input<typeof Payment>;
