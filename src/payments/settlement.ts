import type { ChainFacts } from "./chain.ts";
import type { PresentedPayment, PresentedRequest, Refusal } from "./payment.ts";

/** Times are in milliseconds since 1970, but for those of the chain and the authorization, which are in seconds. */
export type Outcome =
  /** Nobody knows yet whether it was taken. */
  | { readonly state: "open" }
  /** `gone`: the chain no longer holds what it held. `final`: looked at once more after the authorization's end. */
  | {
      readonly state: "settled";
      readonly transaction: string;
      readonly settledAt: number;
      readonly checkedAt: number;
      readonly standing: "confirmed" | "gone";
      readonly final: boolean;
    }
  /** Nothing was taken, and nothing can be any more. */
  | { readonly state: "refused"; readonly reason: Refusal }
  /** It was taken, and the chain gave it back for good. */
  | { readonly state: "reversed"; readonly transaction: string; readonly at: number };

export type Credit = { readonly code: string; readonly since: number };
export type Delivery =
  | { readonly state: "none" }
  /** Somebody is at it until then. `credit`: what is being redeemed. */
  | { readonly state: "leased"; readonly lease: string; readonly until: number; readonly credit?: Credit }
  | { readonly state: "answered"; readonly at: number }
  /** Owed. `lease`: whose time ran out, and who may yet end. */
  | { readonly state: "credited"; readonly credit: Credit; readonly lease?: string };

/** One payment, from when it was bound to a request until its answer is forgotten. */
export type Settlement = {
  readonly paymentId: string;
  readonly terms: PresentedPayment;
  readonly bound: Omit<PresentedRequest, "sellable">;
  /** What happened to the payment happened in this block or later. */
  readonly sinceBlock: number;
  /** How often and when the facilitator was asked to take it, and the transaction that it named. */
  readonly asked: { readonly times: number; readonly lastAt: number; readonly transaction?: string };
  readonly outcome: Outcome;
  /** How often and when a delivery was begun. */
  readonly begun: { readonly times: number; readonly lastAt: number };
  readonly delivery: Delivery;
  /** How many receipts were given for it. */
  readonly receipts: number;
};

const day = 86_400_000;
const leaseMs = 60_000;
const creditMs = 30 * day;
/**
 * So many deliveries are begun one after the other; each that fails from then on has the next one wait twice as long, up to a day. What
 * is delivered can cost us many times its price, and whoever pays may have it fail at will.
 */
const [firstDeliveries, firstPauseMs] = [4, 30_000];
/** A header is settled again no sooner: the transaction of the time before may still be on its way. */
const [askAgainMs, askAgainAfterBroadcastMs] = [8_000, 20_000];
/** So long after the chain was looked at, it is looked at again before anything is delivered. */
const staleAfterMs = 10_000;
/** A look in time to settle once more what is gone, and one when nothing can be settled any more. */
const [lookBeforeEndMs, lookAfterEndMs] = [60_000, 15_000];
/** The token takes an authorization up to its end; a facilitator needs some seconds. */
const leastLeftSeconds = 6;
/** A payer's clock may be so far ahead of ours. */
const clockSkewSeconds = 600;

/** Why a payment that was never seen before cannot be asked for at `now`; undefined where it can. */
export function refuseUnseen(terms: PresentedPayment, { url }: Pick<PresentedRequest, "url">, now: number): Refusal | undefined {
  const seconds = now / 1000;
  if (terms.resource !== undefined && terms.resource !== url) return "other_resource";
  if (terms.validBefore < seconds + leastLeftSeconds) return "expired";
  if (terms.validAfter >= seconds) return "not_yet_valid";
  // What never ends would have to be remembered for ever.
  if (terms.validBefore > seconds + terms.requirements.maxTimeoutSeconds + clockSkewSeconds) return "valid_for_too_long";
  return undefined;
}

/** A payment that is bound to a request, and not asked for yet. */
export const bind = (
  paymentId: string,
  terms: PresentedPayment,
  { fingerprint, operation, method, url, seller }: PresentedRequest,
): Settlement => ({
  paymentId,
  terms,
  bound: { fingerprint, operation, method, url, ...(seller && { seller }) },
  sinceBlock: 0,
  asked: { times: 0, lastAt: 0 },
  outcome: { state: "open" },
  begun: { times: 0, lastAt: 0 },
  delivery: { state: "none" },
  receipts: 0,
});

export type Step =
  | { readonly do: "refuse"; readonly reason: Refusal }
  /** `work`: ask the chain and the facilitator. `wait`: somebody is at it. */
  | { readonly do: "answer" | "deliver" | "work" | "wait" }
  /** Delivered no sooner than that: it failed too often. */
  | { readonly do: "pause"; readonly until: number };

/** What to do for somebody who presents the payment. */
export function nextStep(settlement: Settlement, fingerprint: string, now: number): Step {
  const { bound, outcome, delivery } = settlement;
  if (bound.fingerprint !== fingerprint) return { do: "refuse", reason: "other_request" };
  switch (outcome.state) {
    case "refused":
      return { do: "refuse", reason: outcome.reason };
    case "reversed":
      return delivery.state === "answered" ? { do: "answer" } : { do: "refuse", reason: "not_taken" };
    case "open":
      return { do: "work" };
    case "settled":
      if (delivery.state === "answered") return { do: "answer" };
      if (delivery.state === "leased" && now < delivery.until) return { do: "wait" };
      if (now < redeemableAt(settlement)) return { do: "pause", until: redeemableAt(settlement) };
      return isCertain(outcome, now) ? { do: "deliver" } : { do: "work" };
  }
}

const redeemableAt = ({ begun: { times, lastAt } }: Settlement): number =>
  times < firstDeliveries ? 0 : lastAt + Math.min(firstPauseMs * 2 ** (times - firstDeliveries), day);

/** Whether what is known of the outcome is enough to deliver by. */
const isCertain = (outcome: Outcome, now: number): boolean =>
  outcome.state === "settled" && outcome.standing === "confirmed" && (outcome.final || now - outcome.checkedAt <= staleAfterMs);

/** Whether nothing is left to find out at `now`. */
export const isResolved = ({ outcome }: Settlement, now: number): boolean =>
  outcome.state === "refused" || outcome.state === "reversed" || isCertain(outcome, now);

/** What the chain's word makes of a settlement. Nothing else settles, refuses or reverses what the facilitator was asked for. */
export function weigh(settlement: Settlement, facts: ChainFacts, confirmations: number, now: number): Settlement {
  const { outcome, terms } = settlement;
  if (facts.state === "unknown" || outcome.state === "refused" || outcome.state === "reversed") return settlement;
  const became = (next: Outcome): Settlement => ({ ...settlement, outcome: next });
  const confirmed = facts.state !== "unused" && facts.confirmations >= confirmations;
  const lost = (reason: Refusal): Settlement =>
    became(outcome.state === "open" ? { state: "refused", reason } : { state: "reversed", transaction: outcome.transaction, at: now });
  switch (facts.state) {
    case "paid":
      if (!confirmed) return settlement;
      return became({
        state: "settled",
        transaction: facts.transaction,
        settledAt: outcome.state === "settled" ? outcome.settledAt : now,
        checkedAt: now,
        standing: "confirmed",
        final: facts.head.time >= terms.validBefore,
      });
    case "spent":
      return confirmed ? lost("cancelled") : settlement;
    case "unused":
      if (facts.expired) return lost("not_taken");
      return outcome.state === "settled" && outcome.standing === "confirmed" ? became({ ...outcome, standing: "gone" }) : settlement;
  }
}

/** Whether the facilitator may be asked (again): the nonce is used once, so that the worst is a transaction in vain. */
export const mayAsk = ({ asked: { times, lastAt, transaction } }: Settlement, now: number): boolean =>
  times === 0 || now - lastAt >= (transaction === undefined ? askAgainMs : askAgainAfterBroadcastMs);

export const withAsk = (settlement: Settlement, now: number): Settlement => ({
  ...settlement,
  asked: { times: settlement.asked.times + 1, lastAt: now },
});

/** Hands out the delivery; what stands before it, `nextStep` has said. */
export function withLease(settlement: Settlement, lease: string, now: number): Settlement {
  const credit = creditOf(settlement);
  const begun = { times: settlement.begun.times + 1, lastAt: now };
  return { ...settlement, begun, delivery: { state: "leased", lease, until: now + leaseMs, ...(credit === undefined ? {} : { credit }) } };
}

/** Whether whoever holds `lease` may still end the delivery: nobody took it over, it has not ended, and the payment stands. */
export const holds = ({ outcome, delivery }: Settlement, lease: string): boolean =>
  outcome.state === "settled" && (delivery.state === "leased" || delivery.state === "credited") && delivery.lease === lease;

/** A delivery that ended well, or in vain. A credit keeps the day that it was given. */
export function withEnd(
  settlement: Settlement,
  end: { readonly ok: true } | { readonly ok: false; readonly code: string },
  now: number,
): Settlement {
  if (end.ok) return { ...settlement, delivery: { state: "answered", at: now } };
  return { ...settlement, delivery: { state: "credited", credit: creditOf(settlement) ?? { code: end.code, since: now } } };
}

/** What is settled, and nobody delivers any more, becomes a credit. */
export function lapse(settlement: Settlement, now: number): Settlement {
  const { outcome, delivery } = settlement;
  if (outcome.state !== "settled") return settlement;
  const credit = creditOf(settlement) ?? { code: "not_collected", since: now };
  if (delivery.state === "none" && now >= outcome.settledAt + leaseMs) return { ...settlement, delivery: { state: "credited", credit } };
  if (delivery.state !== "leased" || now < delivery.until) return settlement;
  return { ...settlement, delivery: { state: "credited", credit, lease: delivery.lease } };
}

export const creditOf = ({ delivery }: Settlement): Credit | undefined =>
  delivery.state === "credited" || delivery.state === "leased" ? delivery.credit : undefined;

/** When the chain must be looked at though nobody asks; undefined where all is known. */
export function looksAt({ outcome, asked, terms }: Settlement): number | undefined {
  if (outcome.state === "open") return asked.times === 0 ? undefined : asked.lastAt + askAgainMs;
  if (outcome.state !== "settled" || outcome.final) return undefined;
  if (outcome.standing === "gone") return asked.lastAt + askAgainMs;
  const before = terms.validBefore * 1000 - lookBeforeEndMs;
  return outcome.checkedAt < before ? before : terms.validBefore * 1000 + lookAfterEndMs;
}

/** When it is forgotten; undefined where something is owed, or not known yet. */
export function forgottenAt({ outcome, delivery, terms }: Settlement): number | undefined {
  const end = terms.validBefore * 1000 + day;
  if (outcome.state === "refused" || outcome.state === "reversed") return end;
  if (outcome.state !== "settled" || !outcome.final) return undefined;
  if (delivery.state === "answered") return Math.max(end, delivery.at + day);
  return delivery.state === "credited" ? delivery.credit.since + creditMs : undefined;
}

/** When something must be done though nobody asks: the earliest of all that is due. */
export function wakesAt(settlement: Settlement): number | undefined {
  const { outcome, delivery } = settlement;
  const undelivered = outcome.state === "settled" && delivery.state === "none" ? outcome.settledAt + leaseMs : undefined;
  const lapses = delivery.state === "leased" ? delivery.until : undefined;
  const due = [looksAt(settlement), undelivered, lapses, forgottenAt(settlement)].filter((at) => at !== undefined);
  return due.length === 0 ? undefined : Math.min(...due);
}

/** How a payment stands, in a word. `refused`: nothing was taken. */
export const paymentStates = ["pending", "delivering", "delivered", "credited", "refused", "reversed"] as const;
export type Standing = {
  readonly state: (typeof paymentStates)[number];
  readonly transaction: string | null;
  /** Until when the answer, or the credit, is kept; null where that is not known yet. */
  readonly keptUntil: number | null;
} & Pick<PresentedPayment, "network" | "asset" | "payer" | "payTo" | "amount"> &
  Pick<PresentedRequest, "operation" | "method" | "url">;

export function standingOf(settlement: Settlement): Standing {
  const { terms, bound, outcome } = settlement;
  const { network, asset, payer, payTo, amount } = terms;
  const { operation, method, url } = bound;
  const transaction = outcome.state === "settled" || outcome.state === "reversed" ? outcome.transaction : null;
  const keptUntil = forgottenAt(settlement) ?? null;
  return { state: stateOf(settlement), transaction, keptUntil, network, asset, payer, payTo, amount, operation, method, url };
}

function stateOf({ outcome, delivery }: Settlement): Standing["state"] {
  if (outcome.state === "refused" || outcome.state === "reversed") return outcome.state;
  if (outcome.state === "open") return "pending";
  if (delivery.state === "answered") return "delivered";
  return delivery.state === "credited" ? "credited" : "delivering";
}
