import { defineOperation } from "../../http/define-operation.ts";
import { readPayment } from "./read-payment.ts";
import { Payment, PaymentParams } from "./schemas.ts";

export const paymentOperations = [
  defineOperation({
    governance: "public-read",
    method: "get",
    access: { mode: "public" },
    id: "payments.get",
    path: "/v1/payments/{paymentId}",
    summary: "Read what became of a payment",
    request: { params: PaymentParams },
    response: { status: 200, body: Payment },
    handle: ({ input, ...context }) => readPayment(context, input.params.paymentId),
  }),
];
