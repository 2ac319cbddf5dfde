import type { JsonValue } from "../../crypto/canonical-json.ts";
import type { EventData } from "../../webhooks/event-schemas.ts";
import type { ApprovalRow } from "./approval.ts";

type Bound = Pick<ApprovalRow, "id" | "grantId" | "agentId" | "invocationId" | "actionDigest" | "previewDigest" | "expiresAt">;

/** What the organization's own systems are told of an approval. */
export const toldOf = ({
  id,
  grantId,
  agentId,
  invocationId,
  actionDigest,
  previewDigest,
  expiresAt,
}: Bound): EventData["approval.proposed"] => ({
  approvalId: id,
  grantId,
  agentId,
  invocationId,
  actionDigest,
  previewDigest,
  expiresAt: expiresAt.toISOString(),
});

/** The same of one that a person decided. */
export const toldOfDecided = (row: Bound & Pick<ApprovalRow, "decidedBy">): EventData["approval.approved"] => ({
  ...toldOf(row),
  decidedBy: memberOf(row.decidedBy),
});

/** Who decides is a member, as the database demands it too. */
function memberOf(decidedBy: string | null): string {
  const [, memberId] = /^member:(.+)$/.exec(decidedBy ?? "") ?? [];
  if (memberId === undefined) throw new Error("an approval that no member decided");
  return memberId;
}

/** What an approval is bound to, as it is digested into the audit log. */
export const boundTo = (row: Bound & Pick<ApprovalRow, "requestDigest" | "fourEyes">): JsonValue => {
  const { requestDigest, fourEyes } = row;
  return { ...toldOf(row), requestDigest, fourEyes };
};
