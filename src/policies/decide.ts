import { celContext, compileCel, type CelResult, type CelVariables } from "../expressions/cel.ts";
import { newWorkBudget, type WorkBudget } from "../expressions/work-budget.ts";
import type { DecisionReason, PolicyEffect } from "./decision.ts";
import type { DecisionFacts } from "./facts.ts";
import type { PolicyRule, PolicyTerms } from "./policy.ts";

/** What the rules of a policy may read. They were type-checked against the capability's schema when the policy was made. */
export const ruleVariables = {
  action: "dyn",
  arguments: "dyn",
  agent: "dyn",
  score: "dyn",
  grant: "dyn",
  counters: "dyn",
  time: "dyn",
  mode: "dyn",
} as const satisfies CelVariables & Record<keyof DecisionFacts, "dyn">;

/** What all rules of one decision may cost together: some tens of milliseconds at worst, and 0.1 ms as a rule. */
export const workPerDecision = 2 ** 22;

export type Decision = {
  readonly effect: PolicyEffect;
  readonly reason: DecisionReason;
  /** Of the rules that decided, or that could not be evaluated, sorted. */
  readonly ruleIds: readonly string[];
};

/**
 * Decides by a policy's rules: deny beats require_approval beats allow, and where no rule matches it is a denial. Every rule is evaluated, so
 * that their order never matters; one that cannot be evaluated (a value that is missing, null or of another type, or too much work) makes it
 * a denial with `policy_error`, whatever the others say.
 */
export function decide(terms: PolicyTerms, facts: DecisionFacts, budget: WorkBudget = newWorkBudget(workPerDecision)): Decision {
  const values = celContext(facts);
  const matched: Record<PolicyEffect, string[]> = { deny: [], require_approval: [], allow: [] };
  const failed: string[] = [];
  for (const rule of terms.rules) {
    const result = evaluateRule(rule, values, budget);
    // Which rule it was that found the work used up says nothing about that rule.
    if (!result.ok && result.reason === "work_exceeded") return { effect: "deny", reason: "policy_error", ruleIds: [] };
    if (!result.ok) failed.push(rule.id);
    else if (result.value) matched[rule.effect].push(rule.id);
  }
  if (failed.length > 0) return decided("deny", "policy_error", failed);
  if (matched.deny.length > 0) return decided("deny", "denied_by_rule", matched.deny);
  if (matched.require_approval.length > 0) return decided("require_approval", "approval_required", matched.require_approval);
  if (matched.allow.length > 0) return decided("allow", "allowed_by_rule", matched.allow);
  return decided("deny", "no_rule_matched", []);
}

const decided = (effect: PolicyEffect, reason: DecisionReason, ruleIds: readonly string[]): Decision => ({
  effect,
  reason,
  ruleIds: ruleIds.toSorted(),
});

/** Preparing a rule is no part of the decision's work: it was bounded when the policy was made, and is remembered. */
function evaluateRule({ when }: PolicyRule, values: ReturnType<typeof celContext>, budget: WorkBudget): CelResult {
  const compiled = compileCel(when, ruleVariables);
  return compiled.ok ? compiled.program.evaluate(values, budget) : { ok: false, reason: "failed", detail: compiled.reason };
}
