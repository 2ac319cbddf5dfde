import { and, eq, max, sql, type SQL } from "drizzle-orm";
import { auditEvents } from "../../db/schema/audit-events.ts";
import { runtimeExceptions } from "../../db/schema/runtime-exceptions.ts";
import type { ScopedDb } from "../../db/tenant-db.ts";
import { exceptionKinds, limits, type ExceptionStatus } from "./exception.ts";
import type { ExceptionSubject } from "./exception-id.ts";
import { occurrences } from "./occurrences.ts";
import type { Detail, ExceptionQuery } from "./schemas.ts";

/** What people made of an exception. */
export type Handling = typeof runtimeExceptions.$inferSelect;
export type NewHandling = Omit<Handling, "orgId" | "revision">;

/** One order for all that is taken of the newest, so that the database sorts once. */
const newest = (what: SQL): SQL => sql`array_agg(${what} order by o.at desc, o.ref desc)`;

/**
 * Whether it occurred after it was resolved: later by the clock, or logged behind what the resolver saw. A call that was under way when somebody
 * resolved began before and is logged after.
 */
const again = (orgId: string): SQL => sql`
  case when h.resolved_at is null then false when o.at > h.resolved_at or o.seq > h.resolved_seq then true
       when o.receipt_id is null or o.at <= h.resolved_at - make_interval(hours => ${sql.raw(String(limits.logDelayHours))}) then false
       else (select r.event_seq > h.resolved_seq from receipts r where r.org_id = ${orgId} and r.id = o.receipt_id) end`;

/**
 * Exceptions with what people made of them: one row for each identifier that occurred. An acknowledgement is of something that is counted still:
 * what comes back after it was away is new.
 */
const judged = (orgId: string, found: SQL): SQL => sql`
  select f.*, case when h.state = 'resolved' and f.again then 'open'
                   when h.state = 'acknowledged' and f.first_seen > h.acknowledged_at then 'open' else coalesce(h.state, 'open') end status
    from (select o.id, o.grant_id, o.agent_id, o.approval_id, min(o.at) first_seen, max(o.at) last_seen, count(*)::integer occurred,
                 to_jsonb((${newest(sql`o.ref`)})[1:${sql.raw(String(limits.links))}]) refs, (${newest(sql`o.detail`)})[1] detail,
                 coalesce(bool_or(${again(orgId)}), false) again
            from ${found} left join runtime_exceptions h on h.org_id = ${orgId} and h.id = o.id
           group by o.id, o.grant_id, o.agent_id, o.approval_id) f
    left join runtime_exceptions h on h.org_id = ${orgId} and h.id = f.id`;

const time = (column: SQL): SQL<Date> => sql`${column}`.mapWith(runtimeExceptions.updatedAt);

const found = {
  id: sql<string>`f.id`,
  status: sql<ExceptionStatus>`f.status`,
  grantId: sql<string | null>`f.grant_id`,
  agentId: sql<string>`f.agent_id`,
  approvalId: sql<string | null>`f.approval_id`,
  firstSeenAt: time(sql`f.first_seen`),
  lastSeenAt: time(sql`f.last_seen`),
  occurred: sql<number>`f.occurred`,
  refs: sql<(string | null)[]>`f.refs`,
  detail: sql<Detail | null>`f.detail`,
};

const selectFound = ({ orm, orgId }: ScopedDb, source: SQL) =>
  orm
    .select({ found, handling: runtimeExceptions })
    .from(sql`(${judged(orgId, source)}) f`)
    .leftJoin(runtimeExceptions, and(eq(runtimeExceptions.orgId, orgId), eq(runtimeExceptions.id, found.id)));

export type FoundException = Awaited<ReturnType<typeof selectFound>>[number];

/** The newest occurrence first. */
export function selectExceptions(db: ScopedDb, { kind, status, assigneeId, cursor, limit }: ExceptionQuery, now: Date) {
  const kinds = kind === undefined ? exceptionKinds : [kind];
  return selectFound(db, occurrences(db.orgId, now, kinds, undefined))
    .where(
      and(
        status === undefined ? undefined : sql`f.status = ${status}`,
        assigneeId === undefined ? undefined : eq(runtimeExceptions.assigneeId, assigneeId),
        cursor === undefined ? undefined : sql`(f.last_seen, f.id) < (${cursor.at.toISOString()}::timestamptz, ${cursor.id})`,
      ),
    )
    .orderBy(sql`f.last_seen desc, f.id desc`)
    .limit(limit + 1);
}

export const selectException = (db: ScopedDb, subject: ExceptionSubject, now: Date) =>
  selectFound(db, occurrences(db.orgId, now, [subject.kind], subject));

/** The last event of the organization's log. */
export const selectLastSeq = ({ orm, orgId }: ScopedDb) =>
  orm
    .select({ seq: max(auditEvents.seq) })
    .from(auditEvents)
    .where(eq(auditEvents.orgId, orgId));

export const insertHandling = ({ orm, orgId }: ScopedDb, row: NewHandling) =>
  orm.insert(runtimeExceptions).values({ ...row, orgId, revision: 1 });

/** Matches only while nobody else made something of it. */
export function updateHandling({ orm, orgId }: ScopedDb, revision: number, row: NewHandling) {
  const { id, createdAt: _createdAt, ...change } = row;
  return orm
    .update(runtimeExceptions)
    .set({ ...change, revision: revision + 1 })
    .where(and(eq(runtimeExceptions.orgId, orgId), eq(runtimeExceptions.id, id), eq(runtimeExceptions.revision, revision)));
}
