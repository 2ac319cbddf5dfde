import { and, asc, count, desc, eq, gt, gte, inArray, lte, ne, or, sql, type SQL } from "drizzle-orm";
import { webhookDeliveries, webhookEndpoints, webhookEvents, webhookHealth, webhookSecrets } from "../../db/schema/webhooks.ts";
import type { ScopedDb } from "../../db/tenant-db.ts";
import { keyset, type Page } from "../../http/pagination.ts";
import { signsAt, type NewSecret } from "../../webhooks/endpoint-secrets.ts";
import { missedStatuses, schedule, type DeliveryRow } from "./delivery.ts";
import { forgiven, freshHealth, type EndpointRow, type NewEndpointRow } from "./endpoint.ts";
import type { ListDeliveries } from "./schemas.ts";

type DeliveryStatus = DeliveryRow["status"];

/** An endpoint that was deleted is not there any more. */
const kept = (orgId: string): SQL | undefined => and(eq(webhookEndpoints.orgId, orgId), ne(webhookEndpoints.status, "deleted"));
const own = (orgId: string, id: string): SQL | undefined => and(kept(orgId), eq(webhookEndpoints.id, id));

const selectWithHealth = ({ orm, orgId }: ScopedDb) =>
  orm
    .select({ endpoint: webhookEndpoints, health: webhookHealth })
    .from(webhookEndpoints)
    .innerJoin(webhookHealth, and(eq(webhookHealth.orgId, orgId), eq(webhookHealth.endpointId, webhookEndpoints.id)));

export const selectEndpoint = (db: ScopedDb, id: string) => selectWithHealth(db).where(own(db.orgId, id));

export function selectEndpoints(db: ScopedDb, page: Page) {
  const { where, orderBy, limit } = keyset(page, webhookEndpoints.createdAt, webhookEndpoints.id);
  return selectWithHealth(db)
    .where(and(kept(db.orgId), where))
    .orderBy(...orderBy)
    .limit(limit);
}

export const countEndpoints = ({ orm, orgId }: ScopedDb) => orm.select({ all: count() }).from(webhookEndpoints).where(kept(orgId));

/** What signs, without what is sealed, the newest first: of one endpoint, or of all, of which there are as many as the plan allows. */
export const selectSigning = ({ orm, orgId }: ScopedDb, now: Date, endpointId?: string) =>
  orm
    .select({
      endpointId: webhookSecrets.endpointId,
      version: webhookSecrets.version,
      publicKey: webhookSecrets.publicKey,
      signsUntil: webhookSecrets.signsUntil,
    })
    .from(webhookSecrets)
    .where(
      and(eq(webhookSecrets.orgId, orgId), endpointId === undefined ? undefined : eq(webhookSecrets.endpointId, endpointId), signsAt(now)),
    )
    .orderBy(desc(webhookSecrets.version));

export const insertEndpoint = ({ orm, orgId }: ScopedDb, row: NewEndpointRow) => orm.insert(webhookEndpoints).values({ ...row, orgId });

export const insertHealth = ({ orm, orgId }: ScopedDb, endpointId: string) =>
  orm.insert(webhookHealth).values({ orgId, endpointId, ...freshHealth });

export const insertSecret = ({ orm, orgId }: ScopedDb, { row }: NewSecret) => orm.insert(webhookSecrets).values({ ...row, orgId });

type EndpointChange = Partial<Pick<EndpointRow, "url" | "description" | "eventTypes" | "status" | "disabledReason" | "secretVersion">>;

/** Matches only while the endpoint is as it was read. */
export const updateEndpoint = (
  { orm, orgId }: ScopedDb,
  { id, revision }: Pick<EndpointRow, "id" | "revision">,
  change: EndpointChange,
  updatedAt: Date,
) =>
  orm
    .update(webhookEndpoints)
    .set({ ...change, revision: revision + 1, updatedAt })
    .where(and(own(orgId, id), eq(webhookEndpoints.revision, revision)));

/** Matches the endpoint, and changes nothing of it, only while this holds: whatever stands in the same transaction is done then or never. */
const requireThat = ({ orm, orgId }: ScopedDb, id: string, condition: SQL | undefined) =>
  orm
    .update(webhookEndpoints)
    .set({ revision: sql`${webhookEndpoints.revision}` })
    .where(and(own(orgId, id), condition));

/** Only while the organization is within its plan, so that requests at the same moment cannot pass it together. */
export const requireWithin = (db: ScopedDb, id: string, most: number) => requireThat(db, id, lte(sql`(${countEndpoints(db)})`, most));

export const requireEnabled = (db: ScopedDb, id: string) => requireThat(db, id, eq(webhookEndpoints.status, "enabled"));

/** In one of these states, or waiting for another attempt after one that failed. */
const sendableAgain = (statuses: readonly DeliveryStatus[]): SQL | undefined =>
  or(inArray(webhookDeliveries.status, [...statuses]), and(eq(webhookDeliveries.status, "pending"), gt(webhookDeliveries.attempts, 0)));

const these = (orgId: string, endpointId: string, eventIds: readonly string[], statuses: readonly DeliveryStatus[]): SQL | undefined =>
  and(
    eq(webhookDeliveries.orgId, orgId),
    eq(webhookDeliveries.endpointId, endpointId),
    inArray(webhookDeliveries.eventId, [...eventIds]),
    sendableAgain(statuses),
  );

/** Only while the endpoint is enabled, and each of these deliveries is in one of these states, or waits for another attempt. */
export function requireRestartable(db: ScopedDb, id: string, eventIds: readonly string[], statuses: readonly DeliveryStatus[]) {
  const ready = db.orm
    .select({ all: count() })
    .from(webhookDeliveries)
    .where(these(db.orgId, id, eventIds, statuses));
  return requireThat(db, id, and(eq(webhookEndpoints.status, "enabled"), eq(sql`(${ready})`, eventIds.length)));
}

export const restartDeliveries = (
  { orm, orgId }: ScopedDb,
  endpointId: string,
  eventIds: readonly string[],
  statuses: readonly DeliveryStatus[],
  now: Date,
) =>
  orm
    .update(webhookDeliveries)
    .set(schedule(now))
    .where(these(orgId, endpointId, eventIds, statuses));

export const forgive = ({ orm, orgId }: ScopedDb, endpointId: string) =>
  orm
    .update(webhookHealth)
    .set(forgiven)
    .where(and(eq(webhookHealth.orgId, orgId), eq(webhookHealth.endpointId, endpointId)));

/** The secret of `version` signs until `formerUntil`; all before it end now. */
export const endSecrets = ({ orm, orgId }: ScopedDb, endpointId: string, version: number, formerUntil: Date, now: Date) =>
  orm
    .update(webhookSecrets)
    .set({
      signsUntil: sql`case when ${webhookSecrets.version} = ${version} then ${formerUntil.toISOString()}::timestamptz else ${now.toISOString()}::timestamptz end`,
    })
    .where(and(eq(webhookSecrets.orgId, orgId), eq(webhookSecrets.endpointId, endpointId), signsAt(now)));

const ofEndpoint = (orgId: string, endpointId: string): SQL | undefined =>
  and(eq(webhookDeliveries.orgId, orgId), eq(webhookDeliveries.endpointId, endpointId));

const selectWithEvent = ({ orm, orgId }: ScopedDb) =>
  orm
    .select({ delivery: webhookDeliveries, event: webhookEvents })
    .from(webhookDeliveries)
    .innerJoin(webhookEvents, and(eq(webhookEvents.orgId, orgId), eq(webhookEvents.id, webhookDeliveries.eventId)));

export function selectDeliveries(db: ScopedDb, endpointId: string, { status, ...page }: ListDeliveries) {
  const { where, orderBy, limit } = keyset(page, webhookDeliveries.createdAt, webhookDeliveries.eventId);
  return selectWithEvent(db)
    .where(and(ofEndpoint(db.orgId, endpointId), status === undefined ? undefined : eq(webhookDeliveries.status, status), where))
    .orderBy(...orderBy)
    .limit(limit);
}

export const selectDelivery = (db: ScopedDb, endpointId: string, eventId: string) =>
  selectWithEvent(db).where(and(ofEndpoint(db.orgId, endpointId), eq(webhookDeliveries.eventId, eventId)));

/** What never arrived, the oldest first. */
export const selectMissed = ({ orm, orgId }: ScopedDb, endpointId: string, since: Date, limit: number) =>
  orm
    .select({ eventId: webhookDeliveries.eventId })
    .from(webhookDeliveries)
    .where(and(ofEndpoint(orgId, endpointId), sendableAgain(missedStatuses), gte(webhookDeliveries.createdAt, since)))
    .orderBy(asc(webhookDeliveries.createdAt), asc(webhookDeliveries.eventId))
    .limit(limit);

export const insertEvent = ({ orm, orgId }: ScopedDb, row: Omit<typeof webhookEvents.$inferInsert, "orgId">) =>
  orm.insert(webhookEvents).values({ ...row, orgId });

export const insertDelivery = ({ orm, orgId }: ScopedDb, row: DeliveryRow) => orm.insert(webhookDeliveries).values({ ...row, orgId });
