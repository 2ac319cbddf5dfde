import type { KeptAnswer } from "./kept-answer.ts";
import type { Refusal, SettlementHeader } from "./payment.ts";
import type { Settlement } from "./settlement.ts";

/** What a payment's object answers; `settlement` where it was taken. */
export type Told =
  | { readonly kind: "deliver"; readonly settlement: SettlementHeader; readonly lease: string }
  | { readonly kind: "answer"; readonly settlement: SettlementHeader; readonly answer: KeptAnswer }
  /** `isBound`: it is bound to a request, and this is its header. Of any other, nothing is known here, and perhaps something in the ledger. */
  | { readonly kind: "refused"; readonly reason: Refusal; readonly isBound: boolean }
  /** Failed so often that the next delivery waits. */
  | { readonly kind: "owed"; readonly settlement: SettlementHeader; readonly waitMs: number }
  | { readonly kind: "pending"; readonly settlement: SettlementHeader | undefined }
  | { readonly kind: "unsold" | "foreign" };

const headerOf = ({ terms: { payer, network, amount }, outcome }: Settlement): SettlementHeader | undefined =>
  outcome.state === "settled" || outcome.state === "reversed"
    ? { success: true, payer, transaction: outcome.transaction, network, amount }
    : undefined;

/** That nothing more is known yet, with what is. */
export const tellPending = (settlement: Settlement): Told => ({ kind: "pending", settlement: headerOf(settlement) });

/** What was taken, for whoever gets something for it. */
export function settledHeader(settlement: Settlement): SettlementHeader {
  const header = headerOf(settlement);
  if (header === undefined) throw new Error("nothing is delivered for what is not settled");
  return header;
}
