import type { DecisionReason } from "../policies/decision.ts";
import type { Budget } from "./budget.ts";
import type { Counters } from "./ledger.ts";

/** Of reservations that nobody settled, a grant holds no more: their effects are looked into before more is done. */
export const mostUnsettled = 10_000;

/** A grant whose budget is used so far is one to look at. The index of such invocations has the same number. */
export const nearBudgetShare = 0.8;

type Limits = { readonly budget: Budget; readonly ratePerMinute: number };

/**
 * Which limits one invocation more would exceed; none where there is room. A limit on money holds whoever's price is not known (null), too:
 * what cannot be counted is not spent.
 */
export function exceededLimits(
  { budget: { count = {}, money = {} }, ratePerMinute }: Limits,
  used: Counters & { readonly costMicros: number | null; readonly unsettled: number },
): DecisionReason[] {
  const { costMicros } = used;
  const isOver = (spent: number, limit: number | undefined): boolean => limit !== undefined && spent > limit;
  const overCount =
    isOver(used.total + 1, count.total) ||
    isOver(used.today + 1, count.perDay) ||
    isOver(used.month + 1, count.perMonth) ||
    used.unsettled >= mostUnsettled;
  const overMoney =
    costMicros !== null &&
    (isOver(costMicros, money.perRun) ||
      isOver(used.spentTodayMicros + costMicros, money.perDay) ||
      isOver(used.spentMonthMicros + costMicros, money.perMonth));
  return [
    ...(used.lastMinute >= ratePerMinute ? (["rate_exceeded"] as const) : []),
    ...(overCount ? (["count_exceeded"] as const) : []),
    ...(costMicros === null && hasLimit(money) ? (["cost_unknown"] as const) : []),
    ...(overMoney ? (["budget_exceeded"] as const) : []),
  ];
}

/** How much of its scarcest limit is used: 0 to 1, and 0 where there is no limit. The rate is none of them: it comes back by itself. */
export function budgetShare({ count = {}, money = {} }: Budget, used: Counters): number {
  const shares = [
    share(used.total, count.total),
    share(used.today, count.perDay),
    share(used.month, count.perMonth),
    share(used.spentTodayMicros, money.perDay),
    share(used.spentMonthMicros, money.perMonth),
  ];
  return Math.max(...shares);
}

function share(used: number, limit: number | undefined): number {
  if (limit === undefined) return 0;
  return limit === 0 ? 1 : Math.min(1, used / limit);
}

const hasLimit = (limits: object): boolean => Object.values(limits).some((limit) => limit !== undefined);
