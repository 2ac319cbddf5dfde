import type { WorkBudget } from "../expressions/work-budget.ts";
import { decide } from "../policies/decide.ts";
import type { DecisionReason, PolicyEffect } from "../policies/decision.ts";
import type { Counters, Proposal, Verdict } from "./ledger.ts";
import type { LedgerStore } from "./ledger-store.ts";
import { budgetShare, exceededLimits } from "./limits.ts";
import { countersOf, withUse } from "./usage.ts";

export type Judgement = { readonly effect: PolicyEffect; readonly reasons: readonly DecisionReason[]; readonly ruleIds: readonly string[] };

/**
 * Decides over one invocation and reserves what it may use, in one turn: nothing else happens to the ledger between what is read here and what
 * is written, however many ask at once. What already speaks against it is said first, then the policy, then the limits.
 */
export function propose(store: LedgerStore, proposal: Proposal, now: number): Verdict {
  const { mode, basis, budget } = proposal;
  const counters = store.counters(mode, basis, now);
  const unchanged = { counters, budgetShare: budgetShare(budget, counters), reserved: false } as const;
  const inDoubt = mode === "production" ? store.doubtOf(proposal, now) : undefined;
  if (inDoubt !== undefined) return { ...denied(), ...unchanged, inDoubt };
  const judgement = store.isRevoked() ? denied("grant_revoked") : judge(proposal, counters, store.unsettled());
  if (judgement.effect === "deny") return { ...judgement, ...unchanged };
  store.countCall(mode, now);
  const waits = judgement.effect === "require_approval" && proposal.approval === null;
  // In simulation nobody is asked, and what would be done is counted at once.
  if (waits && mode === "production") return { ...judgement, ...unchanged };
  const used = withUse(store.usage(mode, basis, now), proposal.costMicros ?? 0);
  const share = budgetShare(budget, countersOf(used, 0));
  const verdict = { ...judgement, counters, budgetShare: share, reserved: mode === "production" };
  if (verdict.reserved) store.hold(proposal, used, verdict);
  else store.use(mode, basis, used);
  return verdict;
}

type Judged = Pick<Proposal, "findings" | "terms" | "facts" | "costMicros" | "approval" | "budget" | "ratePerMinute">;

/** What a proposal comes to; also of one that was recorded, under another policy. `work` bounds the rules. */
export function judge(proposal: Judged, counters: Counters, unsettled: number, work?: WorkBudget): Judgement {
  const { findings, terms, facts, costMicros, approval } = proposal;
  if (findings.length > 0) return denied(...findings);
  if (terms === null) return denied("policy_inactive");
  const { effect, reason, ruleIds } = decide(terms, { ...facts, counters: { ...counters, costMicros } }, work);
  if (effect === "deny") return { effect, reasons: [reason], ruleIds };
  // Before a person is asked, too: nobody is asked for what could not be done.
  const exceeded = exceededLimits(proposal, { ...counters, costMicros, unsettled });
  if (exceeded.length > 0) return denied(...exceeded);
  const isApproved = effect === "require_approval" && approval !== null;
  return { effect, reasons: [isApproved ? "approved" : reason], ruleIds };
}

const denied = (...reasons: readonly DecisionReason[]): Judgement => ({ effect: "deny", reasons, ruleIds: [] });
