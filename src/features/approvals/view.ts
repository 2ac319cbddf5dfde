import type { Environment } from "../../env.ts";
import { statusAt, type ApprovalRow } from "./approval.ts";
import type { ApprovalTicketView, ApprovalView } from "./schemas.ts";

type Origin = Pick<Environment, "publicOrigin">;
const pollAfterMs = 5_000;
const timeOf = (at: Date | null): string | null => at?.toISOString() ?? null;

/** The page on which a signed-in person decides. */
const approvalUrl = ({ publicOrigin }: Origin, id: string): string => `${publicOrigin}/approvals/${id}`;

/** What an agent that waits is told. */
export const toTicket = (row: Pick<ApprovalRow, "id" | "status" | "expiresAt">, env: Origin, now: Date): ApprovalTicketView => ({
  id: row.id,
  url: approvalUrl(env, row.id),
  status: statusAt(row, now),
  expiresAt: row.expiresAt.toISOString(),
  pollAfterMs,
});

/** An approval as the API shows it, but for its note: that is opened where it is shown. */
export function toApproval(row: ApprovalRow, env: Origin, now: Date): Omit<ApprovalView, "note"> {
  const { id, grantId, agentId, invocationId, requestedBy, requestDigest, actionDigest, previewDigest, fourEyes } = row;
  const { decidedBy, reason, consumedBy, effect } = row;
  return {
    id,
    grantId,
    agentId,
    invocationId,
    requestedBy,
    requestDigest,
    actionDigest,
    previewDigest,
    fourEyes,
    decidedBy,
    reason,
    consumedBy,
    effect,
    status: statusAt(row, now),
    url: approvalUrl(env, id),
    expiresAt: row.expiresAt.toISOString(),
    decidedAt: timeOf(row.decidedAt),
    consumedAt: timeOf(row.consumedAt),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
