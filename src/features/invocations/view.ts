import { labelOf, type InvocationView } from "./schemas.ts";
import type { InvocationRow } from "./store.ts";

/** An invocation as the API shows it, without what was asked: that is shown to few. */
export const toInvocation = (row: InvocationRow): InvocationView => ({
  id: row.id,
  grantId: row.grantId,
  agentId: row.agentId,
  capabilityId: row.capabilityId,
  mode: row.mode,
  label: labelOf(row.mode),
  status: row.status,
  decision: row.decision,
  reasons: [...row.reasons],
  ruleIds: [...row.ruleIds],
  pactChecks: [...row.pactChecks],
  effect: row.effect,
  policyId: row.policyId,
  policyVersion: row.policyVersion,
  requestDigest: row.requestDigest,
  actionDigest: row.actionDigest,
  approvalId: row.approvalId,
  receiptId: row.receiptId,
  costMicros: row.costMicros,
  budgetShare: row.budgetShare,
  upstreamStatus: row.upstreamStatus,
  latencyMs: row.latencyMs,
  review: reviewOf(row),
  settled: row.settledBy === null || row.settledAt === null ? null : { by: row.settledBy, at: row.settledAt.toISOString() },
  createdAt: row.createdAt.toISOString(),
});

const reviewOf = ({ reviewVerdict, reviewedBy, reviewedAt }: InvocationRow): InvocationView["review"] =>
  reviewVerdict === null || reviewedBy === null || reviewedAt === null
    ? null
    : { verdict: reviewVerdict, by: reviewedBy, at: reviewedAt.toISOString() };
