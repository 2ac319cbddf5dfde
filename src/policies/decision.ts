/** What a rule does, and what a decision is: deny beats require_approval, and that beats allow. */
export const policyEffects = ["allow", "deny", "require_approval"] as const;
export type PolicyEffect = (typeof policyEffects)[number];

/**
 * Why a decision fell as it did. All but `allowed_by_rule`, `approval_required` and `approved` are reasons of a denial, and any one of those
 * is enough.
 */
export const decisionReasons = [
  "allowed_by_rule",
  "approval_required",
  "approved",
  "denied_by_rule",
  "no_rule_matched",
  "policy_error",
  "policy_inactive",
  "invalid_arguments",
  "pact_violated",
  "pact_undecided",
  "grant_expired",
  "grant_revoked",
  "agent_archived",
  "capability_retired",
  "capability_drifted",
  "credential_unavailable",
  "score_unavailable",
  "cost_unknown",
  "rate_exceeded",
  "count_exceeded",
  "budget_exceeded",
  "approval_mismatch",
  "approval_not_usable",
  "preview_too_large",
] as const;
export type DecisionReason = (typeof decisionReasons)[number];
