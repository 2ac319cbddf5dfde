import { subjectOf } from "./exception-id.ts";
import { idPattern, type IdKind } from "../../platform/ids.ts";
import { limits } from "./exception.ts";
import type { ExceptionView } from "./schemas.ts";
import type { FoundException } from "./store.ts";

export function toException({ found, handling }: Pick<FoundException, "found" | "handling">): ExceptionView {
  const { detail } = found;
  const subject = subjectOf(found.id);
  if (subject === undefined) throw new Error(`an exception about nothing: ${found.id}`);
  const { kind, reason } = subject;
  const refsOf = (kind: IdKind): string[] => found.refs.filter((ref) => ref !== null).filter((ref) => idPattern(kind).test(ref));
  return {
    id: found.id,
    kind,
    status: found.status,
    reason,
    agentId: found.agentId,
    grantId: found.grantId,
    approvalId: found.approvalId,
    invocationIds: refsOf("invocation"),
    telemetryEventIds: refsOf("telemetryEvent"),
    count: found.occurred,
    // Of a falling score only the newest are looked at, and nothing says how many there are.
    countIsExact: kind !== "score_falling" && found.occurred < limits.occurrences,
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
