export { judgeIntent } from "./intent.ts";
export { planReceipt, retryReceiptRace, type ReceiptPlan } from "./issue-receipt.ts";
export type { ReceiptFacts } from "./receipt.ts";
export { Receipt, type ReceiptView } from "./schemas.ts";
export { selectLoggedReceipts, selectReceiptHead } from "./store.ts";
