import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Provider } from "../providers/provider.ts";
import { databaseClient, type DatabaseAddress } from "./client.ts";
import { toProblem } from "./database-fault.ts";

// What must cross tenants: functions of migrations/ that return identifiers and counts only. The work then enters each organization.

const OpenRuns = z.array(z.object({ org_id: z.string(), id: z.string() }));
const UnnotedOffers = z.array(z.object({ org_id: z.string(), id: z.string() }));
const UncountedEffects = z.array(z.object({ org_id: z.string(), agent_id: z.string() }));
const UnnotedRatings = z.array(z.object({ org_id: z.string(), id: z.string() }));
const DueApprovals = z.array(z.object({ org_id: z.string(), id: z.string() }));
const Organizations = z.array(z.object({ org_id: z.string() }));
const DueScores = z.array(z.object({ org_id: z.string(), agent_id: z.string() }));
const LinkedOrganization = z.tuple([z.object({ org_id: z.string().nullable() })]);
const RoomOrganization = z.tuple([z.object({ org_id: z.string().nullable() })]);
const DueWebhooks = z.array(z.object({ org_id: z.string(), endpoint_id: z.string() }));
const PurgedWebhooks = z.tuple([z.object({ purged: z.coerce.number() })]);
const KnownMembers = z.array(z.object({ org_id: z.string(), id: z.string() }));
const Purged = z.tuple([z.object({ failures: z.coerce.number(), answers: z.coerce.number() })]);
const Readiness = z.array(z.object({ item: z.string(), ok: z.boolean() })).min(1);

async function call<T>(address: DatabaseAddress, query: ReturnType<typeof sql>, rows: z.ZodType<T>): Promise<T> {
  try {
    return rows.parse((await databaseClient(address).writer.execute(query)).rows);
  } catch (fault) {
    throw toProblem(fault);
  }
}

/** Eval runs that are queued or running and have not moved since `before`: at most `limit`. */
export async function findOpenRuns(address: DatabaseAddress, before: Date, limit: number): Promise<{ orgId: string; runId: string }[]> {
  const rows = await call(address, sql`select org_id, id from app.open_runs(${before.toISOString()}::timestamptz, ${limit})`, OpenRuns);
  return rows.map(({ org_id: orgId, id: runId }) => ({ orgId, runId }));
}

/** Organizations with events from before `before` that no checkpoint covers, or whose newest checkpoint another key signed: at most `limit`, in no order. */
export async function findUnlogged(address: DatabaseAddress, kid: string, before: Date, limit: number): Promise<string[]> {
  const rows = await call(
    address,
    sql`select org_id from app.unlogged(${kid}, ${before.toISOString()}::timestamptz, ${limit})`,
    Organizations,
  );
  return rows.map(({ org_id: orgId }) => orgId);
}

/** Offers whose co-signature from before `before`, or its withdrawal, the promisor's own log has not noted: at most `limit`, in no order. */
export async function findUnnotedOffers(
  address: DatabaseAddress,
  before: Date,
  limit: number,
): Promise<{ orgId: string; offerId: string }[]> {
  const rows = await call(
    address,
    sql`select org_id, id from app.unnoted_offers(${before.toISOString()}::timestamptz, ${limit})`,
    UnnotedOffers,
  );
  return rows.map(({ org_id: orgId, id: offerId }) => ({ orgId, offerId }));
}

/** Agents whose scores are due at `now`, one of each organization before the second of any: at most `limit`, and `ofEach` of an organization. */
export async function findDueScores(
  address: DatabaseAddress,
  now: Date,
  limit: number,
  ofEach: number,
): Promise<{ orgId: string; agentId: string }[]> {
  const query = sql`select org_id, agent_id from app.due_scores(${now.toISOString()}::timestamptz, ${limit}, ${ofEach})`;
  return (await call(address, query, DueScores)).map(({ org_id: orgId, agent_id: agentId }) => ({ orgId, agentId }));
}

/** Agents with effects that are no evidence yet: at most `limit`, and `ofEach` of an organization, drawn by chance where there are more. */
export async function findUncountedEffects(
  address: DatabaseAddress,
  limit: number,
  ofEach: number,
): Promise<{ orgId: string; agentId: string }[]> {
  const rows = await call(address, sql`select org_id, agent_id from app.uncounted_effects(${limit}, ${ofEach})`, UncountedEffects);
  return rows.map(({ org_id: orgId, agent_id: agentId }) => ({ orgId, agentId }));
}

/** Ratings from before `before` that the rated organization's own log has not noted, with that organization: at most `limit`, in no order. */
export async function findUnnotedRatings(
  address: DatabaseAddress,
  before: Date,
  limit: number,
): Promise<{ orgId: string; ratingId: string }[]> {
  const query = sql`select org_id, id from app.unnoted_ratings(${before.toISOString()}::timestamptz, ${limit})`;
  return (await call(address, query, UnnotedRatings)).map(({ org_id: orgId, id: ratingId }) => ({ orgId, ratingId }));
}

/** Open approvals whose time is over at `now`, one of each organization before the second of any: at most `limit`, and `ofEach` of an organization. */
export async function findDueApprovals(
  address: DatabaseAddress,
  now: Date,
  limit: number,
  ofEach: number,
): Promise<{ orgId: string; id: string }[]> {
  const query = sql`select org_id, id from app.due_approvals(${now.toISOString()}::timestamptz, ${limit}, ${ofEach})`;
  return (await call(address, query, DueApprovals)).map(({ org_id: orgId, id }) => ({ orgId, id }));
}

/** Whose a room is: undefined where there is no such room. */
export async function findRoomOrganization(address: DatabaseAddress, roomId: string): Promise<string | undefined> {
  const [{ org_id: orgId }] = await call(address, sql`select app.room_org(${roomId}) as org_id`, RoomOrganization);
  return orgId ?? undefined;
}

/** Which organization a provider's name means: undefined where none is linked to it. */
export async function findLinkedOrganization(address: DatabaseAddress, provider: Provider, external: string): Promise<string | undefined> {
  const [{ org_id: orgId }] = await call(address, sql`select app.linked_org(${provider}, ${external}) as org_id`, LinkedOrganization);
  return orgId ?? undefined;
}

/** Organizations with a subscription whose grace is over at `now`, the longest over first: at most `limit`. */
export async function findLapsed(address: DatabaseAddress, now: Date, limit: number): Promise<string[]> {
  const query = sql`select org_id from app.lapsed_subscriptions(${now.toISOString()}::timestamptz, ${limit})`;
  return (await call(address, query, Organizations)).map(({ org_id: orgId }) => orgId);
}

/** Where a person of the identity provider is a member now: at most 500. */
export async function findMemberships(address: DatabaseAddress, external: string): Promise<{ orgId: string; memberId: string }[]> {
  const rows = await call(address, sql`select org_id, id from app.memberships(${external})`, KnownMembers);
  return rows.map(({ org_id: orgId, id: memberId }) => ({ orgId, memberId }));
}

/** The same, and where they were one and their personal data is still here: at most `limit`, those of one organization together. */
export async function findKnownMembers(
  address: DatabaseAddress,
  external: string,
  limit: number,
): Promise<{ orgId: string; memberId: string }[]> {
  const rows = await call(address, sql`select org_id, id from app.known_as(${external}, ${limit})`, KnownMembers);
  return rows.map(({ org_id: orgId, id: memberId }) => ({ orgId, memberId }));
}

/** Deletes failure records after 30 days and idempotent answers after 24 hours; returns how many of each. */
export async function purgeExpired(address: DatabaseAddress): Promise<{ failures: number; answers: number }> {
  const [counts] = await call(address, sql`select failures, answers from app.purge()`, Purged);
  return counts;
}

/** Endpoints with a delivery that was due before `before`: at most `limit`, drawn by chance where there are more. */
export async function findDueWebhooks(
  address: DatabaseAddress,
  before: Date,
  limit: number,
): Promise<{ orgId: string; endpointId: string }[]> {
  const query = sql`select org_id, endpoint_id from app.due_webhooks(${before.toISOString()}::timestamptz, ${limit})`;
  return (await call(address, query, DueWebhooks)).map(({ org_id: orgId, endpoint_id: endpointId }) => ({ orgId, endpointId }));
}

/** Deletes webhook events, and their deliveries, 30 days after the event, where none is on its way any more; returns how many. */
export async function purgeWebhooks(address: DatabaseAddress): Promise<number> {
  const [{ purged }] = await call(address, sql`select app.purge_webhooks() as purged`, PurgedWebhooks);
  return purged;
}

/** Organizations with telemetry that is past its time: at most `limit`, in no order. */
export async function findDueTelemetry(address: DatabaseAddress, limit: number): Promise<string[]> {
  return (await call(address, sql`select org_id from app.due_telemetry(${limit})`, Organizations)).map(({ org_id: orgId }) => orgId);
}

/** Whether the role, the ownership, row security and the migrations are what the walls need, item by item. */
export const databaseReadiness = (address: DatabaseAddress): Promise<{ item: string; ok: boolean }[]> =>
  call(address, sql`select item, ok from app.ready()`, Readiness);
