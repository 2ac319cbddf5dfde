import type { approvals } from "../../db/schema/approvals.ts";
import type { ApprovalStatus } from "../../grants/approval.ts";

export type ApprovalRow = Omit<typeof approvals.$inferSelect, "orgId">;

/** What may follow each state. The database holds the same line (app.keep_approval). */
const followers: Readonly<Record<ApprovalStatus, readonly ApprovalStatus[]>> = {
  proposed: ["pending", "expired", "cancelled", "invalidated"],
  pending: ["approved", "denied", "expired", "cancelled", "invalidated"],
  approved: ["consumed", "expired", "cancelled", "invalidated"],
  denied: [],
  expired: [],
  cancelled: [],
  invalidated: [],
  consumed: [],
};

export const mayFollow = (from: ApprovalStatus, to: ApprovalStatus): boolean => followers[from].includes(to);

/** Whether something may still come of it. */
export const isOpen = (status: ApprovalStatus): boolean => followers[status].length > 0;

/** How it stands at `now`: an open one whose time is over is expired, whether or not that was noted. Time alone never approves or denies. */
export const statusAt = ({ status, expiresAt }: Pick<ApprovalRow, "status" | "expiresAt">, now: Date): ApprovalStatus =>
  isOpen(status) && expiresAt <= now ? "expired" : status;

/** The action that somebody means to do, and when. */
export type Wanted = { readonly actionDigest: string; readonly now: Date };

/**
 * What an approval is to an action. `usable`: a person approved exactly this, and it is unused and in time. `waiting`: nobody decided yet.
 * `expired`: its time is over. `mismatched`: it is open for another action. `over`: denied, cancelled, invalidated or used up.
 */
export type Standing = "usable" | "waiting" | "expired" | "mismatched" | "over";

export function standingOf(row: Pick<ApprovalRow, "status" | "expiresAt" | "actionDigest">, { actionDigest, now }: Wanted): Standing {
  const status = statusAt(row, now);
  if (status === "expired") return "expired";
  if (!isOpen(status)) return "over";
  if (row.actionDigest !== actionDigest) return "mismatched";
  return status === "approved" ? "usable" : "waiting";
}
