import type { ApprovalRow } from "../approvals/index.ts";
import type { ReceiptFacts } from "../receipts/index.ts";
import { digestOfResult, type Outcome } from "./outcome.ts";
import type { Attempt } from "./recovery.ts";
import type { InvocationRow } from "./store.ts";

export type UsedApproval = Pick<ApprovalRow, "id" | "previewDigest">;

/** All that an invocation's row and receipt are made of. */
export type Recorded = {
  readonly attempt: Attempt;
  readonly outcome: Outcome;
  readonly approval: UsedApproval | null;
  readonly budgetShare: number;
  readonly sealedInput: string;
};

export function rowOf({ attempt, outcome, approval, budgetShare, sealedInput }: Recorded, receiptId: string): InvocationRow {
  const { id, grantId, agentId, capabilityId, policy, mode, basis, requestDigest, actionDigest, pactChecks } = attempt;
  const { decision, reasons, ruleIds, status, effect, upstreamStatus, latencyMs } = outcome;
  return {
    ...{ id, grantId, agentId, capabilityId, mode, basis, requestDigest, actionDigest, pactChecks },
    ...{ decision, reasons, ruleIds, status, effect, upstreamStatus, latencyMs },
    ...{ policyId: policy.id, policyVersion: policy.version },
    ...{ approvalId: approval?.id ?? null, receiptId, budgetShare, sealedInput },
    costMicros: attempt.costMicros ?? 0,
    ...{ reviewVerdict: null, reviewedBy: null, reviewedAt: null, settledBy: null, settledAt: null, countedAt: null },
    revision: 1,
    createdAt: new Date(attempt.at),
  };
}

/** What is done through a grant, as its receipts name it. */
const invokeAction = "grant.invoke";

export async function receiptOf({ attempt, outcome, approval }: Recorded): Promise<ReceiptFacts> {
  const { policy } = attempt;
  return {
    action: { name: invokeAction, digest: attempt.actionDigest },
    about: attempt.id,
    mode: attempt.mode,
    policy: policy.digest === null ? null : { id: policy.id, digest: policy.digest, decision: outcome.decision },
    approval: approval === null ? null : { id: approval.id, digest: approval.previewDigest },
    disposition: outcome.disposition,
    effect: outcome.known,
    outcome: await digestOfResult(outcome.result),
    intent: null,
    counterparty: attempt.counterparty,
  };
}
