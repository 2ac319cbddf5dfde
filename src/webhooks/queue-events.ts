import { sql, type SQL } from "drizzle-orm";
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
export function queueStatement(orgId: string, announced: readonly Announced[], at: Date): SQL {
  const told = announced.map(({ announcement, auditEventId }) => {
    const id = newId("webhookEvent");
    return { id, type: announcement.type, payload: webhookBody(id, orgId, announcement, at), auditEventId };
  });
  const hearing = sql.join(
    plansThatHear.map((plan) => sql`${plan}`),
    sql`, `,
  );
  const [rows, now] = [sql`${JSON.stringify(told)}::jsonb`, sql`${at.toISOString()}::timestamptz`];
  return sql`select heard as endpoint_id from app.queue_events(${orgId}, ${rows}, array[${hearing}]::text[], ${now}) heard`;
}

export const queueEvents = ({ orm, orgId }: ScopedDb, announced: readonly Announced[], at: Date): Query =>
  orm.execute(queueStatement(orgId, announced, at));

const Heard = z.object({ rows: z.array(z.object({ endpoint_id: z.string() })) });

/** The endpoints that queueEvents queued something for, of what the database answered. */
export const endpointsOf = (answer: unknown): string[] => Heard.parse(answer).rows.map(({ endpoint_id: endpointId }) => endpointId);
