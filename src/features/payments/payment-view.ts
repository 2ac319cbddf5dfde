import type { Standing } from "../../payments/settlement.ts";
import type { PaymentView } from "./schemas.ts";
import type { PaymentReceiptRow, PaymentRow } from "./store.ts";

export const nextActs = ["resend_same", "pay_again", "nothing"] as const;

/** What a payer is shown: as its object has it, or, once that has forgotten, as the ledger has. Undefined where neither knows of it. */
export function viewPayment(
  id: string,
  standing: Standing | undefined,
  row: PaymentRow | undefined,
  receipt: PaymentReceiptRow | undefined,
): PaymentView | undefined {
  const shown = receipt === undefined ? null : viewReceipt(receipt);
  if (standing !== undefined) {
    const { state, transaction, keptUntil, network, asset, payTo, amount, operation, url: resource } = standing;
    const kept = keptUntil === null ? null : new Date(keptUntil).toISOString();
    return {
      id,
      state,
      next: nextOf(state),
      network,
      asset,
      payTo,
      amount,
      transaction,
      operation,
      resource,
      keptUntil: kept,
      receipt: shown,
    };
  }
  if (row === undefined) return undefined;
  const { outcome: state, network, asset, payTo, amount, transaction, operation, resource } = row;
  const next = state === "delivered" ? "nothing" : "pay_again";
  return { id, state, next, network, asset, payTo, amount, transaction, operation, resource, keptUntil: null, receipt: shown };
}

function nextOf(state: Standing["state"]): PaymentView["next"] {
  switch (state) {
    case "pending":
    case "delivering":
    case "delivered":
    case "credited":
      return "resend_same";
    case "refused":
    case "reversed":
      return "pay_again";
  }
}

const viewReceipt = ({ id, outcome, statement, digest, issuedAt }: PaymentReceiptRow): PaymentView["receipt"] => ({
  id,
  outcome,
  statement,
  digest,
  issuedAt: issuedAt.toISOString(),
});
