import { betterPlan, type Plan } from "../../access/plans.ts";

/** How long a plan holds after a payment failed, in milliseconds, from the first failure on. */
export const graceMs = 7 * 24 * 60 * 60 * 1000;

/**
 * One thing that a provider says of a subscription. `live` and `ended`: whether it runs. `paid` and `failed`: how its newest payment went, which
 * revives nothing that has ended. `plan`: what it is a subscription to, where that is said.
 */
export type Word = { readonly says: "live" | "ended" | "paid" | "failed"; readonly at: Date; readonly plan?: Plan | undefined };

/** The newest word of each kind, each with its own time: so the order in which words come does not matter. */
export type Told = {
  readonly plan: Plan;
  readonly planToldAt: Date | null;
  readonly liveAt: Date | null;
  readonly endedAt: Date | null;
  readonly paidAt: Date | null;
  readonly failedAt: Date | null;
  /** The first failure that we know of since it was last paid. */
  readonly failingSince: Date | null;
};

export type Standing = { readonly status: "active" | "grace" | "ended"; readonly graceUntil: Date | null };

const nothing = { planToldAt: null, liveAt: null, endedAt: null, paidAt: null, failedAt: null, failingSince: null } as const;
const later = (one: Date | null, other: Date | null): Date | null =>
  one === null || (other !== null && other.getTime() > one.getTime()) ? other : one;
const isAfter = (one: Date | null, other: Date | null): boolean => one !== null && (other === null || one.getTime() > other.getTime());
const isSame = (one: Date | null, other: Date | null): boolean => one?.getTime() === other?.getTime();

/** What is known once a word was heard. `unknown`: a subscription of which no word has said yet to what. `stale`: it says nothing new. */
export function hear(told: Told | undefined, word: Word): { readonly told: Told } | "unknown" | "stale" {
  const before = told ?? (word.plan === undefined ? undefined : { ...nothing, plan: word.plan });
  if (before === undefined) return "unknown";
  const known = { ...before, ...hearPlan(before, word), ...hearLife(before, word) };
  const after: Told = { ...known, failingSince: failingSince(known, word) };
  return told !== undefined && isUnchanged(told, after) ? "stale" : { told: after };
}

/** Of two plans that were told of the same moment, the better one holds. */
function hearPlan(before: Told, { plan, at }: Word): Pick<Told, "plan" | "planToldAt"> {
  const { planToldAt } = before;
  if (plan === undefined || isAfter(planToldAt, at)) return { plan: before.plan, planToldAt };
  return { plan: isSame(planToldAt, at) ? betterPlan(before.plan, plan) : plan, planToldAt: at };
}

function hearLife(before: Told, { says, at }: Word): Partial<Told> {
  switch (says) {
    case "live":
      return { liveAt: later(before.liveAt, at) };
    case "ended":
      return { endedAt: later(before.endedAt, at) };
    case "paid":
      return { paidAt: later(before.paidAt, at) };
    case "failed":
      return { failedAt: later(before.failedAt, at) };
  }
}

/** Providers try again for days and tell of each failure: the first one counts, so that grace ends. */
function failingSince({ liveAt, paidAt, failedAt, failingSince: since }: Told, { says, at }: Word): Date | null {
  const goodAt = later(liveAt, paidAt);
  if (!isAfter(failedAt, goodAt)) return null;
  const first = isAfter(since, goodAt) ? since : failedAt;
  return says === "failed" && isAfter(at, goodAt) && isAfter(first, at) ? at : first;
}

const isUnchanged = (before: Told, after: Told): boolean =>
  before.plan === after.plan &&
  (["planToldAt", "liveAt", "endedAt", "paidAt", "failedAt", "failingSince"] as const).every((name) => isSame(before[name], after[name]));

/** Where a subscription stands at `now`. It runs from the moment that it was said to, until it is said to have ended, or grace is over. */
export function standingOf(told: Told, now: Date): Standing {
  const { liveAt, endedAt, paidAt, failedAt, failingSince: since } = told;
  if (liveAt === null || (endedAt !== null && !isAfter(liveAt, endedAt))) return { status: "ended", graceUntil: null };
  if (since === null || !isAfter(failedAt, later(liveAt, paidAt))) return { status: "active", graceUntil: null };
  const graceUntil = new Date(since.getTime() + graceMs);
  return { status: isAfter(graceUntil, now) ? "grace" : "ended", graceUntil };
}

export type PlanSource = { readonly kind: "granted" } | { readonly kind: "subscription"; readonly subscriptionId: string };

/** The best of what was granted and what is paid for; a subscription's is held for the cause where both are the same. */
export function planOf(
  granted: Plan,
  subscriptions: readonly { readonly id: string; readonly plan: Plan; readonly status: Standing["status"] }[],
): { readonly plan: Plan; readonly source: PlanSource } {
  const live = subscriptions.filter(({ status }) => status !== "ended");
  const plan = live.reduce((best, { plan: paid }) => betterPlan(best, paid), granted);
  const cause = live.find((subscription) => subscription.plan === plan);
  return { plan, source: cause === undefined ? { kind: "granted" } : { kind: "subscription", subscriptionId: cause.id } };
}
