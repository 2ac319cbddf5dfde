import type { Action } from "../audit/actions.ts";
import type { PaymentOutcome } from "../crypto/statement/payment.ts";
import type { Seller } from "./payment.ts";
import { creditOf, type Settlement } from "./settlement.ts";

type LedgerAction = Extract<Action, `payment.${string}`>;

/** What the ledger is told of a payment: once for each, in this order. */
export type LedgerNote = {
  readonly action: LedgerAction;
  /** What became of the payment, as of this note. */
  readonly outcome: PaymentOutcome;
  /** Why it was not delivered, where it was not. */
  readonly code: string | null;
};

/** What became of a payment, where the ledger knows of it. */
function logged(settlement: Settlement): PaymentOutcome | undefined {
  if (settlement.delivery.state === "answered") return settlement.outcome.state === "reversed" ? "reversed" : "delivered";
  if (creditOf(settlement) !== undefined) return settlement.outcome.state === "reversed" ? "reversed" : "credited";
  return undefined;
}

/**
 * What a change of a settlement means to the ledger. A settlement is noted when its first delivery ended, one way or the other: an alarm
 * sees to it that each ends. What the chain took back before anything was delivered was never settled.
 */
function notesOf(before: Settlement, after: Settlement): LedgerNote[] {
  const [was, is] = [logged(before), logged(after)];
  if (is === undefined || is === was) return [];
  const code = creditOf(after)?.code ?? null;
  if (is === "reversed") return [{ action: "payment.reversed", outcome: is, code }];
  if (was === "credited") return [{ action: "payment.redeemed", outcome: is, code: null }];
  const settled: LedgerNote = { action: "payment.settled", outcome: is, code };
  return is === "delivered" ? [settled] : [settled, { action: "payment.credited", outcome: is, code }];
}

/** A note with what of the payment goes into the ledger's rows and its receipt. */
export type LedgerEntry = LedgerNote & {
  /** Of the receipt that comes with it, from 1; null where none does. */
  readonly number: number | null;
  readonly network: string;
  readonly asset: string;
  readonly payer: string;
  readonly payTo: string;
  readonly amount: string;
  readonly nonce: string;
  readonly transaction: string;
  readonly operation: string;
  readonly resource: string;
  /** `sha256:…` of the request that was paid for. */
  readonly request: string;
  /** Milliseconds since 1970. */
  readonly settledAt: number;
  readonly seller?: Seller;
};

type Place = Pick<LedgerEntry, "number" | "transaction" | "settledAt">;

function entryOf({ terms, bound }: Settlement, note: LedgerNote, place: Place): LedgerEntry {
  const { network, asset, payer, payTo, amount, nonce } = terms;
  const { operation, url: resource, fingerprint: request, seller } = bound;
  return { ...note, network, asset, payer, payTo, amount, nonce, operation, resource, request, ...place, ...(seller && { seller }) };
}

/** The entries that a change of a settlement makes, and the settlement with its receipts counted. Each but the first of two has a receipt. */
export function enterNotes(before: Settlement, after: Settlement): { readonly entries: LedgerEntry[]; readonly settlement: Settlement } {
  const notes = notesOf(before, after);
  const settled = before.outcome.state === "settled" ? before.outcome : after.outcome;
  if (notes.length === 0 || settled.state !== "settled") return { entries: [], settlement: after };
  const number = after.receipts + 1;
  const { transaction } = after.outcome.state === "settled" ? after.outcome : settled;
  const place = { transaction, settledAt: settled.settledAt };
  const entries = notes.map((note, at) => entryOf(after, note, { ...place, number: at === notes.length - 1 ? number : null }));
  return { entries, settlement: { ...after, receipts: number } };
}
