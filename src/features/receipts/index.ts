export { judgeIntent } from "./intent.ts";
export { planReceipt, retryReceiptRace } from "./issue-receipt.ts";
export type { ReceiptFacts } from "./receipt.ts";
export { Receipt } from "./schemas.ts";
export { selectLoggedReceipts, selectReceiptHead } from "./store.ts";
