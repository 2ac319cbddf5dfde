/** What one evaluation of tenants' expressions may still cost. A unit is about 10 to 25 ns on a slow core. */
export type WorkBudget = { remaining: number };

/** What one expression, pattern or schema may cost at most: a fraction of a second at worst, and a few milliseconds as a rule. */
export const workPerExpression = 2 ** 24;

/** What the conditions of a pact may cost together, for one observation. */
export const workPerPact = workPerExpression * 2;

/** How long a text every accepted condition and expression can judge. */
export const guaranteedChars = 4_096;
/** Why something is refused that could not judge that much. */
export const tooMuchWork = "It takes too much work to judge even a small answer, with what stands before it.";

export const newWorkBudget = (units: number = workPerExpression): WorkBudget => ({ remaining: units });

/** Takes `units` off the budget; false, and nothing taken, where it has not that many. What is refused is then not begun. */
export function spend(budget: WorkBudget, units: number): boolean {
  if (budget.remaining < units) return false;
  budget.remaining -= units;
  return true;
}

/** Does one part of a larger job: for at most `units`, never for more than the job has left, and at its expense. */
export function withShare<T>(budget: WorkBudget, units: number, part: (share: WorkBudget) => T): T {
  const share = newWorkBudget(Math.min(units, budget.remaining));
  budget.remaining -= share.remaining;
  const result = part(share);
  budget.remaining += share.remaining;
  return result;
}
