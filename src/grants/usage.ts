import type { Counters } from "./ledger.ts";

const dayMs = 86_400_000;

/** What was used, and in which day and month; what a later one used begins at nought. */
export type Usage = {
  readonly total: number;
  /** Days since 1970-01-01, of UTC. */
  readonly day: number;
  readonly today: number;
  readonly spentToday: number;
  /** Months since January of year 0, of UTC. */
  readonly month: number;
  readonly thisMonth: number;
  readonly spentMonth: number;
};

/** When something was reserved, and for how much. */
export type Reserved = { readonly day: number; readonly month: number; readonly costMicros: number };

const dayOf = (at: number): number => Math.floor(at / dayMs);

function monthOf(at: number): number {
  const date = new Date(at);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

export const noUsage: Usage = { total: 0, day: 0, today: 0, spentToday: 0, month: 0, thisMonth: 0, spentMonth: 0 };

/** As it stands at a time (ms). A clock that runs backwards opens no day again. */
export function usageAt(usage: Usage, at: number): Usage {
  const [day, month] = [Math.max(usage.day, dayOf(at)), Math.max(usage.month, monthOf(at))];
  return {
    ...usage,
    ...(day === usage.day ? {} : { day, today: 0, spentToday: 0 }),
    ...(month === usage.month ? {} : { month, thisMonth: 0, spentMonth: 0 }),
  };
}

/** One more, in the day and month that it stands in. */
export const withUse = (usage: Usage, costMicros: number): Usage => ({
  ...usage,
  total: usage.total + 1,
  today: usage.today + 1,
  thisMonth: usage.thisMonth + 1,
  spentToday: safe(usage.spentToday + costMicros),
  spentMonth: safe(usage.spentMonth + costMicros),
});

/** One less; a day or a month that is over is left as it was. */
export function withoutUse(usage: Usage, { day, month, costMicros }: Reserved): Usage {
  const [isToday, isThisMonth] = [day === usage.day, month === usage.month];
  return {
    ...usage,
    total: less(usage.total, 1),
    today: isToday ? less(usage.today, 1) : usage.today,
    spentToday: isToday ? less(usage.spentToday, costMicros) : usage.spentToday,
    thisMonth: isThisMonth ? less(usage.thisMonth, 1) : usage.thisMonth,
    spentMonth: isThisMonth ? less(usage.spentMonth, costMicros) : usage.spentMonth,
  };
}

/** As limits and rules see it; `lastMinute` is how many calls there were in the last 60 s. */
export const countersOf = (usage: Usage, lastMinute: number): Counters => ({
  total: usage.total,
  today: usage.today,
  month: usage.thisMonth,
  lastMinute,
  spentTodayMicros: usage.spentToday,
  spentMonthMicros: usage.spentMonth,
});

/** Sums that no limit holds down stop where numbers stop being exact; no limit can be so high. */
const safe = (sum: number): number => Math.min(sum, Number.MAX_SAFE_INTEGER);
const less = (sum: number, part: number): number => Math.max(0, sum - part);
