import { sql } from "drizzle-orm";
import { z } from "zod";
import { databaseClient, type DatabaseAddress } from "./client.ts";
import { toProblem } from "./database-fault.ts";

// What must cross tenants: functions of migrations/ that return identifiers and counts only. The work then enters each organization.

const OpenRuns = z.array(z.object({ org_id: z.string(), id: z.string() }));
const UnnotedOffers = z.array(z.object({ org_id: z.string(), id: z.string() }));
const Organizations = z.array(z.object({ org_id: z.string() }));
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

/** Deletes failure records after 30 days and idempotent answers after 24 hours; returns how many of each. */
export async function purgeExpired(address: DatabaseAddress): Promise<{ failures: number; answers: number }> {
  const [counts] = await call(address, sql`select failures, answers from app.purge()`, Purged);
  return counts;
}

/** Whether the role, the ownership, row security and the migrations are what the walls need, item by item. */
export const databaseReadiness = (address: DatabaseAddress): Promise<{ item: string; ok: boolean }[]> =>
  call(address, sql`select item, ok from app.ready()`, Readiness);
