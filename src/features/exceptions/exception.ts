import type { DecisionReason } from "../../policies/decision.ts";

/**
 * What needs an operator. `denial`: calls of a grant denied for one reason. `failure`: calls of a grant that the upstream refused. `effect_unknown`:
 * a call whose effect nobody knows, until it is settled. `approval_waiting`: until it is decided. `budget_near`: the newest call of a grant left it
 * near a limit. `score_falling`: an agent's L of a required dimension fell within a week. `unreceipted_tool_call`: an agent tells of tool calls
 * that are not on record.
 */
export const exceptionKinds = [
  "denial",
  "failure",
  "effect_unknown",
  "approval_waiting",
  "budget_near",
  "score_falling",
  "unreceipted_tool_call",
] as const;
export type ExceptionKind = (typeof exceptionKinds)[number];

export const exceptionStatuses = ["open", "acknowledged", "resolved"] as const;
export type ExceptionStatus = (typeof exceptionStatuses)[number];

export type DenialReason = Exclude<DecisionReason, "allowed_by_rule" | "approval_required" | "approved">;

/** What is looked at, and no more: every number that is a judgement. */
export const limits = {
  windowDays: 30,
  /** Occurrences of one grant (or agent) and kind that are counted, the newest; of denials, of one combination of reasons. */
  occurrences: 1_000,
  /** Rows that an exception names, the newest. */
  links: 10,
  /** By how much L falls, within how many days. */
  fall: 0.05,
  fallDays: 7,
  /** Of what an agent's score was in that time, the newest so many are looked at. */
  scores: 50,
  /** A call stands in the log at most so long after it began. */
  logDelayHours: 24,
} as const;
