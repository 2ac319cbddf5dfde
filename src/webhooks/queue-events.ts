import { sql } from "drizzle-orm";
import { z } from "zod";
import { plansThatHear } from "../access/plans.ts";
import type { Query, ScopedDb } from "../db/tenant-db.ts";
import { newId, type Id } from "../platform/ids.ts";
import type { Announcement } from "./event-schemas.ts";

/** What is announced, and the audit event that it tells of. */
export type Announced = { readonly announcement: Announcement; readonly auditEventId: string };

/** The body of every attempt to deliver an event, byte for byte. */
export const webhookBody = (id: Id<"webhookEvent">, organizationId: string, { type, data }: Announcement, at: Date): string =>
  JSON.stringify({ id, type, timestamp: at.toISOString(), organizationId, data });

/**
 * One statement that queues what is announced for every endpoint that hears it: enabled, with the type on its list, of an organization whose plan
 * has webhooks. Where none does, nothing is kept. It answers which endpoints have something to deliver now.
 */
export function queueEvents({ orm, orgId }: ScopedDb, announced: readonly Announced[], at: Date): Query {
  const rows = announced.map(({ announcement, auditEventId }) => {
    const id = newId("webhookEvent");
    return sql`(${id}, ${announcement.type}, ${webhookBody(id, orgId, announcement, at)}, ${auditEventId})`;
  });
  const listed = sql.join(
    plansThatHear.map((plan) => sql`${plan}`),
    sql`, `,
  );
  const now = sql`${at.toISOString()}::timestamptz`;
  return orm.execute(sql`
    with told (id, type, payload, audit_event_id) as (values ${sql.join(rows, sql`, `)}),
    heard as (
      select e.id as endpoint_id, t.id as event_id
        from webhook_endpoints e join organizations o on o.id = e.org_id join told t on e.event_types @> to_jsonb(t.type)
       where e.org_id = ${orgId} and e.status = 'enabled' and o.plan in (${listed})),
    kept as (
      insert into webhook_events (org_id, id, type, payload, audit_event_id, created_at)
      select ${orgId}, t.id, t.type, t.payload, t.audit_event_id, ${now} from told t where t.id in (select event_id from heard)),
    queued as (
      insert into webhook_deliveries (org_id, endpoint_id, event_id, status, attempts, scheduled_at, next_attempt_at, created_at)
      select ${orgId}, endpoint_id, event_id, 'pending', 0, ${now}, ${now}, ${now} from heard)
    select distinct endpoint_id from heard`);
}

const Heard = z.object({ rows: z.array(z.object({ endpoint_id: z.string() })) });

/** The endpoints that queueEvents queued something for, of what the database answered. */
export const endpointsOf = (answer: unknown): string[] => Heard.parse(answer).rows.map(({ endpoint_id: endpointId }) => endpointId);
