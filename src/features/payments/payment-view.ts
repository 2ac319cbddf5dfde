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
  const known = standing ?? (row && { ...row, state: row.outcome, url: row.resource, keptUntil: null });
  if (known === undefined) return undefined;
  const { state, network, asset, payTo, amount, transaction, operation, url: resource, keptUntil } = known;
  return {
    id,
    state,
    next: standing === undefined ? (state === "delivered" ? "nothing" : "pay_again") : nextOf(standing.state),
    network,
    asset,
    payTo,
    amount,
    transaction,
    operation,
    resource,
    keptUntil: keptUntil === null ? null : new Date(keptUntil).toISOString(),
    receipt: receipt === undefined ? null : viewReceipt(receipt),
  };
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
