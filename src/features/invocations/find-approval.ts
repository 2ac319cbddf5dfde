import type { DecisionReason } from "../../policies/decision.ts";
import { standingOf, type ApprovalRow, type Wanted } from "../approvals/index.ts";

export type ApprovalGround = {
  /** The open ones of this very request. */
  readonly open: readonly ApprovalRow[];
  /** The one that the caller names: undefined where none is named, null where there is none of that name under this grant. */
  readonly named: ApprovalRow | null | undefined;
};

export type FoundApproval = {
  /** A person approved exactly this, and it is unused and in time. */
  readonly usable: ApprovalRow | null;
  /** Somebody is being asked already. */
  readonly waiting: ApprovalRow | null;
  /** Open ones that do not stand any more: expired, or for what this request would have done before something changed. */
  readonly stale: readonly ApprovalRow[];
  /** What speaks against the one that was named. */
  readonly fault: Extract<DecisionReason, "approval_mismatch" | "approval_not_usable"> | null;
};

/** Which of the approvals is one for this action now. One that is named is used, or nothing is; else one is found by the request. */
export function findApproval({ open, named }: ApprovalGround, wanted: Wanted): FoundApproval {
  const stands = (standing: "usable" | "waiting") => (row: ApprovalRow) => standingOf(row, wanted) === standing;
  const candidates = named === undefined ? open : named === null ? [] : [named];
  const usable = candidates.find(stands("usable")) ?? null;
  const waiting = candidates.find(stands("waiting")) ?? null;
  const stale = open.filter((row) => !stands("usable")(row) && !stands("waiting")(row));
  return { usable, waiting, stale, fault: usable === null && waiting === null ? faultOf(named, wanted) : null };
}

function faultOf(named: ApprovalGround["named"], { actionDigest }: Wanted): FoundApproval["fault"] {
  if (named === undefined) return null;
  return named?.actionDigest === actionDigest ? "approval_not_usable" : "approval_mismatch";
}
