import { and, count, desc, eq, gt, sql, type SQL } from "drizzle-orm";
import { telemetryEvents } from "../../db/schema/telemetry-events.ts";
import type { ScopedDb } from "../../db/tenant-db.ts";
import { keyset } from "../../http/pagination.ts";
import type { Match } from "./event.ts";
import { keptSince, retentionDays } from "./event.ts";
import { fittingInvocation, foundSince, isTaken, missingFrom } from "./match.ts";
import type { EventQuery } from "./schemas.ts";

export type TelemetryRow = typeof telemetryEvents.$inferSelect;
/** What is sent of an event; what it matches is for the database to say. */
export type NewEvent = Omit<TelemetryRow, "orgId" | "agentId" | "receivedAt" | "eventSeq" | "matchedInvocationId">;

/**
 * Keeps the events of one call that are not kept yet, and finds what each of those is, in one statement. Writers of an organization wait for
 * each other at its log, so of two calls that claim one invocation the second sees the first.
 */
export function insertEvents({ orm, orgId }: ScopedDb, agentId: string, events: readonly NewEvent[], receivedAt: Date) {
  const rows = JSON.stringify(
    events.map((event) => ({
      id: event.id,
      agent_id: agentId,
      received_at: receivedAt,
      event_id: event.eventId,
      type: event.type,
      session_id: event.sessionId,
      at: event.at,
      position: event.position,
      tool: event.tool,
      mode: event.mode,
      claimed_invocation_id: event.claimedInvocationId,
      claimed_receipt_id: event.claimedReceiptId,
      claimed_request_digest: event.claimedRequestDigest,
    })),
  );
  const claim = sql`c`;
  return orm.execute(sql`
    insert into telemetry_events (org_id, received_at, id, agent_id, event_id, type, session_id, at, position, tool, mode, claimed_invocation_id,
                                  claimed_receipt_id, claimed_request_digest, matched_invocation_id)
    select ${orgId}, c.received_at, c.id, c.agent_id, c.event_id, c.type, c.session_id, c.at, c.position, c.tool, c.mode,
           c.claimed_invocation_id, c.claimed_receipt_id, c.claimed_request_digest,
           case when fit.id is not null and row_number() over (partition by fit.id order by c.position) = 1
                 and not ${isTaken(orgId, claim, sql`fit`)} then fit.id end
      from jsonb_to_recordset(${rows}::jsonb) as c (id text, agent_id text, received_at timestamptz, event_id text, type text, session_id text, at timestamptz,
             position integer, tool text, mode text, claimed_invocation_id text, claimed_receipt_id text, claimed_request_digest text)
      left join lateral (${fittingInvocation(orgId, claim)}) fit on true
     where not exists (select from telemetry_events k where k.org_id = ${orgId} and k.id = c.id)
    on conflict (org_id, id) do nothing`);
}

const row = sql`telemetry_events`;
const found = sql<string | null>`coalesce(${telemetryEvents.matchedInvocationId}, since.id)`;

/** How the database says what a tool call is; null for what is none. */
const matchAt = (now: Date): SQL<Match | null> => sql`
  case when ${telemetryEvents.type} <> 'tool_call' then null when ${found} is not null then 'matched'
       when ${missingFrom(row)} > ${now.toISOString()}::timestamptz then 'pending' else 'unmatched' end`;

export function selectEvents(
  { orm, orgId }: ScopedDb,
  { match, type, sessionId, ...query }: EventQuery,
  agentId: string | null,
  now: Date,
) {
  const { where, orderBy, limit } = keyset(query, telemetryEvents.receivedAt, telemetryEvents.id);
  return orm
    .select({ event: telemetryEvents, match: matchAt(now), invocationId: found })
    .from(telemetryEvents)
    .leftJoinLateral(sql`(${foundSince(orgId, row)}) since`, sql`true`)
    .where(
      and(
        eq(telemetryEvents.orgId, orgId),
        gt(telemetryEvents.receivedAt, keptSince(now)),
        agentId === null ? undefined : eq(telemetryEvents.agentId, agentId),
        sessionId === undefined ? undefined : eq(telemetryEvents.sessionId, sessionId),
        type === undefined ? undefined : eq(telemetryEvents.type, type),
        match === undefined ? undefined : sql`${matchAt(now)} = ${match}`,
        where,
      ),
    )
    .orderBy(...orderBy)
    .limit(limit);
}

/** The newest of the oldest events that are past their time by the database's clock, at most so many, and how many they are. */
export function selectExpired({ orm, orgId }: ScopedDb, limit: number) {
  const expired = orm
    .select({ receivedAt: telemetryEvents.receivedAt, id: telemetryEvents.id })
    .from(telemetryEvents)
    .where(and(eq(telemetryEvents.orgId, orgId), sql`${telemetryEvents.receivedAt} < now() - make_interval(days => ${retentionDays})`))
    .orderBy(telemetryEvents.receivedAt, telemetryEvents.id)
    .limit(limit)
    .as("expired");
  return orm
    .select({ receivedAt: expired.receivedAt, id: expired.id, events: sql<number>`(count(*) over ())::integer` })
    .from(expired)
    .orderBy(desc(expired.receivedAt), desc(expired.id))
    .limit(1);
}

type Expired = Awaited<ReturnType<typeof selectExpired>>[number];

/** Deletes exactly those. Matches nothing where another purge came first. */
export function deleteExpired({ orm, orgId }: ScopedDb, { receivedAt, id, events }: Expired) {
  const upTo = and(
    eq(telemetryEvents.orgId, orgId),
    sql`(${telemetryEvents.receivedAt}, ${telemetryEvents.id}) <= (${receivedAt.toISOString()}::timestamptz, ${id})`,
  );
  const there = orm.select({ events: count() }).from(telemetryEvents).where(upTo);
  return orm.delete(telemetryEvents).where(and(upTo, sql`(${there}) = ${events}`));
}
