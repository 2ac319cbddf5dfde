import type { JsonValue } from "../crypto/canonical-json.ts";
import type { DecisionReason, PolicyEffect } from "../policies/decision.ts";
import type { DecisionFacts } from "../policies/facts.ts";
import type { PolicyTerms } from "../policies/policy.ts";
import type { Budget } from "./budget.ts";
import type { GrantMode } from "./mode.ts";

/** Names a grant of an organization. Both come from our own rows, never from a caller's text. */
export type LedgerAddress = { readonly orgId: string; readonly grantId: string };

/** What a grant has used in one mode. Days and months are of UTC, money is in millionths. What is reserved counts as used. */
export type Counters = {
  readonly total: number;
  readonly today: number;
  readonly month: number;
  /** In the last 60 s: whatever was not denied, so what waits for a person too. */
  readonly lastMinute: number;
  readonly spentTodayMicros: number;
  readonly spentMonthMicros: number;
};

/** One invocation, put to the grant's ledger before anything is sent. */
export type Proposal = LedgerAddress & {
  readonly invocationId: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** A hash of the caller's Idempotency-Key. */
  readonly idempotencyKey: string | null;
  readonly mode: GrantMode;
  readonly basis: string;
  /** Null where no version of the policy is in force. */
  readonly terms: PolicyTerms | null;
  readonly facts: Omit<DecisionFacts, "counters">;
  /** All that already speaks against it. */
  readonly findings: readonly DecisionReason[];
  /** An approved one that fits this very request. */
  readonly approval: { readonly id: string } | null;
  readonly budget: Budget;
  readonly ratePerMinute: number;
  /** Null where the capability has no price; one whose price cannot be told is a finding. */
  readonly costMicros: number | null;
  /** When a reservation is overdue, in milliseconds since 1970: later than the upstream's time-out and the write behind it. */
  readonly deadlineMs: number;
  /** What the recovery of an overdue reservation needs. Nothing secret: it is kept as it is. */
  readonly recovery: JsonValue;
};

export type Verdict = {
  /** An approval that it needed and has leaves it `require_approval`, with the reason `approved`; it is reserved then. */
  readonly effect: PolicyEffect;
  /** Why; every one that was found, the first being the decisive one. */
  readonly reasons: readonly DecisionReason[];
  readonly ruleIds: readonly string[];
  /** As the decision saw them: before this invocation. */
  readonly counters: Counters;
  /** How much of its scarcest limit the grant has used, this invocation included: 0 to 1. */
  readonly budgetShare: number;
  /** Whether budget is held for it until it is settled: in production alone, where it may be sent. */
  readonly reserved: boolean;
  /**
   * The invocation that was reserved under the same Idempotency-Key: in the last 24 hours and nobody knew what came of it, or just now; then nothing is
   * decided: a repetition is never sent again, whatever was found out since.
   */
  readonly inDoubt?: string;
};

/** `spent`: it was used up. `released`: it did not act, and is given back. `unknown`: nobody knows, so it stays reserved. */
export type Settled = "spent" | "released" | "unknown";

/** A reservation whose deadline passed, and of which nobody told what came. */
export type OverdueEntry = LedgerAddress & {
  readonly invocationId: string;
  /** When it was proposed, in milliseconds since 1970. */
  readonly at: number;
  readonly costMicros: number | null;
  /** What was decided. */
  readonly verdict: Verdict;
  readonly recovery: JsonValue;
};

/** How a ledger stands. */
export type Standing = {
  readonly isRevoked: boolean;
  /** Reservations of which nobody knows yet what came. */
  readonly unsettled: number;
  readonly counters: Readonly<Record<GrantMode, Counters>>;
};
