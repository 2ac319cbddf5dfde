import { and, asc, eq, inArray, lte, min, notExists, sql } from "drizzle-orm";
import { plansThatHear } from "../access/plans.ts";
import { organizations } from "../db/schema/organizations.ts";
import { notices, webhookDeliveries, webhookEndpoints, webhookEvents, webhookHealth } from "../db/schema/webhooks.ts";
import type { ScopedDb } from "../db/tenant-db.ts";
import type { DeliveryChange, Health } from "./outcome.ts";

const isPending = ({ orgId }: ScopedDb, endpointId: string) =>
  and(eq(webhookDeliveries.orgId, orgId), eq(webhookDeliveries.endpointId, endpointId), eq(webhookDeliveries.status, "pending"));

export const selectTarget = ({ orm, orgId }: ScopedDb, endpointId: string) =>
  orm
    .select({
      url: webhookEndpoints.url,
      status: webhookEndpoints.status,
      revision: webhookEndpoints.revision,
      failingSince: webhookHealth.failingSince,
      alertedPercent: sql<number>`coalesce(${webhookHealth.alertedPercent}, 0)`,
      lastSuccessAt: webhookHealth.lastSuccessAt,
      lastFailureAt: webhookHealth.lastFailureAt,
    })
    .from(webhookEndpoints)
    .leftJoin(webhookHealth, and(eq(webhookHealth.orgId, webhookEndpoints.orgId), eq(webhookHealth.endpointId, webhookEndpoints.id)))
    .where(and(eq(webhookEndpoints.orgId, orgId), eq(webhookEndpoints.id, endpointId)));

/** What is due, the longest due first. */
export const selectDue = (db: ScopedDb, endpointId: string, now: Date, most: number) =>
  db.orm
    .select({ eventId: webhookDeliveries.eventId, attempts: webhookDeliveries.attempts, payload: webhookEvents.payload })
    .from(webhookDeliveries)
    .innerJoin(webhookEvents, and(eq(webhookEvents.orgId, webhookDeliveries.orgId), eq(webhookEvents.id, webhookDeliveries.eventId)))
    .where(and(isPending(db, endpointId), lte(webhookDeliveries.nextAttemptAt, now)))
    .orderBy(asc(webhookDeliveries.nextAttemptAt), asc(webhookDeliveries.eventId))
    .limit(most);

/** When the endpoint's next delivery is due, whether that is past or to come. */
export const selectNextDue = (db: ScopedDb, endpointId: string) =>
  db.orm
    .select({ at: min(webhookDeliveries.nextAttemptAt) })
    .from(webhookDeliveries)
    .where(isPending(db, endpointId));

/** How a batch went, in one statement. An attempt that was recorded before, or whose delivery ended otherwise, changes nothing. */
export const recordAttempts = ({ orm, orgId }: ScopedDb, endpointId: string, changes: readonly DeliveryChange[]) =>
  orm.execute(sql`
    update webhook_deliveries d
       set status = c.status, attempts = c.attempts, next_attempt_at = c."nextAttemptAt", last_attempt_at = c."lastAttemptAt",
           response_status = c."responseStatus", response_ms = c."responseMs", failure = c.failure
      from jsonb_to_recordset(${JSON.stringify(changes)}::jsonb) as c (
             "eventId" text, status text, attempts integer, "nextAttemptAt" timestamptz, "lastAttemptAt" timestamptz,
             "responseStatus" integer, "responseMs" integer, failure text)
     where d.org_id = ${orgId} and d.endpoint_id = ${endpointId} and d.event_id = c."eventId"
       and d.status = 'pending' and d.attempts = c.attempts - 1`);

/**
 * How an endpoint fares after a batch. Where its operator has forgiven it since `failingSince` was read, what failed before counts no more: then
 * only the times of the last success and failure are taken over.
 */
export function updateHealth({ orm, orgId }: ScopedDb, endpointId: string, health: Health, { failingSince }: Pick<Health, "failingSince">) {
  const { failingSince: since, alertedPercent: percent } = webhookHealth;
  const isAsRead = sql`${since} is not distinct from ${failingSince?.toISOString() ?? null}::timestamptz`;
  const set = {
    ...health,
    failingSince: sql`case when ${isAsRead} then ${health.failingSince?.toISOString() ?? null}::timestamptz else ${since} end`,
    alertedPercent: sql`case when ${isAsRead} then ${health.alertedPercent}::integer else ${percent} end`,
  };
  return orm
    .update(webhookHealth)
    .set(set)
    .where(and(eq(webhookHealth.orgId, orgId), eq(webhookHealth.endpointId, endpointId)));
}

/** What waits for an endpoint that takes nothing any more. */
export const cancelPending = (db: ScopedDb, endpointId: string) =>
  db.orm.update(webhookDeliveries).set({ status: "cancelled", nextAttemptAt: null }).where(isPending(db, endpointId));

/** The same, only while it takes nothing: one that was enabled since it was read keeps what was queued for it since. */
export function cancelUnlessTaken(db: ScopedDb, endpointId: string) {
  const takesAny = db.orm
    .select({ id: webhookEndpoints.id })
    .from(webhookEndpoints)
    .innerJoin(organizations, eq(organizations.id, webhookEndpoints.orgId))
    .where(
      and(
        eq(webhookEndpoints.orgId, db.orgId),
        eq(webhookEndpoints.id, endpointId),
        eq(webhookEndpoints.status, "enabled"),
        inArray(organizations.plan, [...plansThatHear]),
      ),
    );
  return db.orm
    .update(webhookDeliveries)
    .set({ status: "cancelled", nextAttemptAt: null })
    .where(and(isPending(db, endpointId), notExists(takesAny)));
}

type Disabling = { readonly reason: "gone" | "failing"; readonly revision: number; readonly now: Date };

/** Matches the endpoint only as it was read: what its operator has changed meanwhile is not what failed. */
export const disableEndpoint = ({ orm, orgId }: ScopedDb, endpointId: string, { reason, revision, now }: Disabling) =>
  orm
    .update(webhookEndpoints)
    .set({ status: "disabled", disabledReason: reason, revision: revision + 1, updatedAt: now })
    .where(
      and(
        eq(webhookEndpoints.orgId, orgId),
        eq(webhookEndpoints.id, endpointId),
        eq(webhookEndpoints.status, "enabled"),
        eq(webhookEndpoints.revision, revision),
      ),
    );

export const insertNotices = ({ orm, orgId }: ScopedDb, rows: readonly Omit<typeof notices.$inferInsert, "orgId">[]) =>
  orm.insert(notices).values(rows.map((row) => ({ ...row, orgId })));
