import { defineOperation } from "../../http/define-operation.ts";
import { BundleQuery, StatementBundle } from "../statements/index.ts";
import { readPayment, readPaymentReceipt } from "./read-payment.ts";
import { Payment, PaymentParams } from "./schemas.ts";

export const paymentOperations = [
  defineOperation({
    governance: "public-read",
    method: "get",
    access: { mode: "public" },
    id: "payments.get",
    tool: "get_payment",
    path: "/v1/payments/{paymentId}",
    summary: "Read what became of a payment",
    request: { params: PaymentParams },
    response: { status: 200, body: Payment },
    handle: ({ input, ...context }) => readPayment(context, input.params.paymentId),
  }),
  defineOperation({
    governance: "public-read",
    method: "get",
    access: { mode: "public" },
    id: "payments.receipt",
    path: "/v1/payments/{paymentId}/receipt",
    summary: "Read a payment's newest receipt with all that is needed to check it offline",
    request: { params: PaymentParams, query: BundleQuery },
    response: { status: 200, body: StatementBundle },
    handle: ({ input, ...context }) => readPaymentReceipt(context, input.params.paymentId, input.query.envelope),
  }),
];
