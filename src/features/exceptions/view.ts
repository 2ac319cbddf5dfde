import { decisionReasons } from "../../policies/decision.ts";
import type { ExceptionView } from "./schemas.ts";
import type { FoundException } from "./store.ts";

export function toException({ found, handling }: Pick<FoundException, "found" | "handling">): ExceptionView {
  const { detail } = found;
  return {
    id: found.id,
    kind: found.kind,
    status: found.status,
    reason: decisionReasons.find((reason) => reason === found.reason) ?? null,
    agentId: found.agentId,
    grantId: found.grantId,
    approvalId: found.approvalId,
    invocationIds: found.invocationIds ?? [],
    telemetryEventIds: found.telemetryIds ?? [],
    count: found.occurred,
    firstSeenAt: found.firstSeenAt.toISOString(),
    lastSeenAt: found.lastSeenAt.toISOString(),
    budgetShare: detail?.share ?? null,
    scoreFalls: detail?.falls ?? null,
    expiresAt: detail?.expiresAt === undefined ? null : new Date(detail.expiresAt).toISOString(),
    assigneeId: handling?.assigneeId ?? null,
    acknowledgedBy: handling?.acknowledgedBy ?? null,
    acknowledgedAt: handling?.acknowledgedAt?.toISOString() ?? null,
    resolvedBy: handling?.resolvedBy ?? null,
    resolvedAt: handling?.resolvedAt?.toISOString() ?? null,
    note: handling?.note ?? null,
  };
}
