import { defineOperation } from "../../http/define-operation.ts";
import { BundleQuery, StatementBundle } from "../statements/index.ts";
import { importReceipt } from "./import-receipt.ts";
import { getReceipt, listReceipts, readReceiptBundle } from "./read-receipts.ts";
import { ImportedReceipt, ImportReceiptBody, ListReceiptsQuery, Receipt, ReceiptPage, ReceiptParams } from "./schemas.ts";

const read = { governance: "tenant-read", method: "get", access: { mode: "tenant", scope: "receipts:read" } } as const;

export const receiptOperations = [
  defineOperation({
    ...read,
    id: "receipts.list",
    tool: "list_receipts",
    path: "/v1/receipts",
    summary: "List receipts, newest first",
    request: { query: ListReceiptsQuery },
    response: { status: 200, body: ReceiptPage },
    handle: ({ input, ...context }) => listReceipts(context, input.query),
  }),
  defineOperation({
    ...read,
    id: "receipts.get",
    tool: "get_receipt",
    path: "/v1/receipts/{receiptId}",
    summary: "Read a receipt",
    request: { params: ReceiptParams },
    response: { status: 200, body: Receipt },
    handle: ({ input, ...context }) => getReceipt(context, input.params.receiptId),
  }),
  defineOperation({
    ...read,
    id: "receipts.bundle",
    path: "/v1/receipts/{receiptId}/bundle",
    summary: "Read a receipt with all that is needed to check it offline",
    request: { params: ReceiptParams, query: BundleQuery },
    response: { status: 200, body: StatementBundle },
    handle: ({ input: { params, query }, ...context }) => readReceiptBundle(context, params.receiptId, query.envelope),
  }),
  defineOperation({
    governance: "tenant-mutation",
    method: "post",
    access: { mode: "tenant", scope: "receipts:write" },
    id: "receipts.import",
    path: "/v1/receipts/import",
    summary: "Take in an eval that an agent ran by itself and signed",
    audit: "receipt.imported",
    request: { body: ImportReceiptBody },
    response: { status: 201, body: ImportedReceipt },
    handle: ({ input, ...context }) => importReceipt(context, input.body),
  }),
];
