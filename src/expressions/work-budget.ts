/** What one evaluation of tenants' expressions may still cost. A unit is about 10 to 25 ns on a slow core. */
export type WorkBudget = { remaining: number };

/** What one expression, pattern or schema may cost at most: a fraction of a second at worst, and a few milliseconds as a rule. */
export const workPerExpression = 2 ** 24;

export const newWorkBudget = (units: number = workPerExpression): WorkBudget => ({ remaining: units });

/** Takes `units` off the budget; false, for good, once it is overdrawn. */
export const spend = (budget: WorkBudget, units: number): boolean => (budget.remaining -= units) >= 0;

/** A budget for one part of a larger job: at most `units`, and never more than the job has left. */
export const shareOf = (budget: WorkBudget, units: number = workPerExpression): WorkBudget => ({
  remaining: Math.max(0, Math.min(units, budget.remaining)),
});
