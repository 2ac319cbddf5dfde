/** What one evaluation of tenants' expressions may still cost. A unit is about 10 to 25 ns on a slow core. */
export type WorkBudget = { remaining: number };

/** What one expression, pattern or schema may cost at most: a fraction of a second at worst, and a few milliseconds as a rule. */
export const workPerExpression = 2 ** 24;

export const newWorkBudget = (units: number = workPerExpression): WorkBudget => ({ remaining: units });

/** Takes `units` off the budget; false, and nothing taken, where it has not that many. What is refused is then not begun. */
export function spend(budget: WorkBudget, units: number): boolean {
  if (budget.remaining < units) return false;
  budget.remaining -= units;
  return true;
}

/** A budget for one part of a larger job: at most `units`, and never more than the job has left. */
export const shareOf = (budget: WorkBudget, units: number = workPerExpression): WorkBudget => ({
  remaining: Math.min(units, budget.remaining),
});
