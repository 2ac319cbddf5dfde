export { judgeIntent } from "./intent.ts";
export { planReceipt, type ReceiptGround } from "./issue-receipt.ts";
export { effects, receiptModes, toolCall, type ReceiptFacts } from "./receipt.ts";
export { Receipt, type ReceiptView } from "./schemas.ts";
export { selectLoggedReceipts, selectReceipt, selectReceiptHead } from "./store.ts";
export { bringNoEvidence, writeChained } from "./write-chained.ts";
export { versionInReceipt, type ReceiptVersion } from "./version-in-receipt.ts";
