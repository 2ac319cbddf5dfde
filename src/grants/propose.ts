import { decide } from "../policies/decide.ts";
import type { DecisionReason, PolicyEffect } from "../policies/decision.ts";
import type { Counters, Proposal, Verdict } from "./ledger.ts";
import type { LedgerStore } from "./ledger-store.ts";
import { budgetShare, exceededLimits } from "./limits.ts";

type Judgement = { readonly effect: PolicyEffect; readonly reasons: readonly DecisionReason[]; readonly ruleIds: readonly string[] };

/**
 * Decides over one invocation and reserves what it may use, in one turn: nothing else happens to the ledger between what is read here and what
 * is written, however many ask at once. What already speaks against it is said first, then the policy, then the limits.
 */
export function propose(store: LedgerStore, proposal: Proposal, now: number): Verdict {
  const { mode, basis, budget } = proposal;
  const counters = store.counters(mode, basis, now);
  const holder = mode === "production" ? store.holderOf(proposal) : undefined;
  const refused = { effect: "deny", counters, budgetShare: budgetShare(budget, counters), reserved: false } as const;
  if (holder !== undefined) return { ...refused, reasons: [], ruleIds: [], inDoubt: holder };
  const judgement = store.isRevoked() ? denied("grant_revoked") : judge(proposal, counters, store.unsettled());
  if (judgement.effect === "deny") return { ...refused, ...judgement };
  store.countCall(mode, now);
  if (judgement.effect === "require_approval") return { ...refused, ...judgement };
  const isReserved = mode === "production";
  if (isReserved) store.hold(proposal, now);
  else store.use(proposal, now);
  return { ...judgement, counters, budgetShare: budgetShare(budget, store.counters(mode, basis, now)), reserved: isReserved };
}

function judge(proposal: Proposal, counters: Counters, unsettled: number): Judgement {
  const { findings, terms, facts, costMicros, approval } = proposal;
  if (findings.length > 0) return denied(...findings);
  if (terms === null) return denied("policy_inactive");
  const { effect, reason, ruleIds } = decide(terms, { ...facts, counters: { ...counters, costMicros } });
  if (effect === "deny") return { effect, reasons: [reason], ruleIds };
  // Before a person is asked, too: nobody is asked for what could not be done.
  const exceeded = exceededLimits(proposal, { ...counters, costMicros, unsettled });
  if (exceeded.length > 0) return denied(...exceeded);
  if (effect === "require_approval" && approval !== null) return { effect: "allow", reasons: ["approved"], ruleIds };
  return { effect, reasons: [reason], ruleIds };
}

const denied = (...reasons: readonly DecisionReason[]): Judgement => ({ effect: "deny", reasons, ruleIds: [] });
