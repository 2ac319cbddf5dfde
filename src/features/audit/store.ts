import { and, desc, eq, gte, lt } from "drizzle-orm";
import { auditEvents } from "../../db/schema/audit-events.ts";
import { requestFailures } from "../../db/schema/request-failures.ts";
import { securityEvents } from "../../db/schema/security-events.ts";
import type { ScopedDb } from "../../db/tenant-db.ts";
import { keyset, type Page } from "../../http/pagination.ts";
import type { AuditFilters } from "./schemas.ts";

export type AuditRow = typeof auditEvents.$inferSelect;

/** Newest first; `before` is a sequence number. */
export function selectEvents({ orm, orgId }: ScopedDb, filters: AuditFilters, before: number | undefined, limit: number) {
  const { actor, action, resource, from, to } = filters;
  return orm
    .select()
    .from(auditEvents)
    .where(
      and(
        eq(auditEvents.orgId, orgId),
        actor === undefined ? undefined : eq(auditEvents.actor, actor),
        action === undefined ? undefined : eq(auditEvents.action, action),
        resource === undefined ? undefined : eq(auditEvents.resource, resource),
        from === undefined ? undefined : gte(auditEvents.at, from),
        to === undefined ? undefined : lt(auditEvents.at, to),
        before === undefined ? undefined : lt(auditEvents.seq, before),
      ),
    )
    .orderBy(desc(auditEvents.seq))
    .limit(limit);
}

export function selectSecurityEvents({ orm, orgId }: ScopedDb, page: Page) {
  const { where, orderBy, limit } = keyset(page, securityEvents.minute, securityEvents.id);
  return orm
    .select()
    .from(securityEvents)
    .where(and(eq(securityEvents.orgId, orgId), where))
    .orderBy(...orderBy)
    .limit(limit);
}

export const selectFailure = ({ orm, orgId }: ScopedDb, requestId: string) =>
  orm
    .select()
    .from(requestFailures)
    .where(and(eq(requestFailures.orgId, orgId), eq(requestFailures.requestId, requestId)));
