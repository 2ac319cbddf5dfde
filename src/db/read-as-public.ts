import { sql, type SQL } from "drizzle-orm";
import type { BatchItem, BatchResponse } from "drizzle-orm/batch";
import type { NeonHttpDatabase } from "drizzle-orm/neon-http";
import type { OrgScope } from "../access/org-scope.ts";
import { databaseClient, type DatabaseAddress } from "./client.ts";
import { currentTime } from "../platform/clock.ts";
import { toProblem } from "./database-fault.ts";
import type { Meter } from "./tenant-db.ts";

/** A reader whom nobody vouches for. The database alone knows which organization was entered: queries name it by `app.org()`. */
export type PublicDb = { readonly orm: NeonHttpDatabase; readonly orgId: SQL };

/** The context of a public operation. */
type PublicRequest = { readonly env: DatabaseAddress; readonly meter: Meter };

type Query = BatchItem<"pg">;

/** Enters the organization of a public agent, or raises not-found alike for one that is private, archived or was never there. */
export const enterPublicAgent = (agentId: string, requestId: string): SQL => sql`select app.enter_public(${agentId}, ${requestId})`;

/**
 * Enters the organization of a public agent; of an agent that is not public, `orgId`, which the caller has proved to be its own: then it
 * finds there what it owns, and nothing of anybody else's.
 */
export const enterPublicAgentOrOwn = (agentId: string, orgId: OrgScope, requestId: string): SQL =>
  sql`select app.enter_public_or_own(${agentId}, ${orgId}, ${requestId})`;

/** Enters the organization of an active pact of a public agent. */
export const enterPublicPact = (pactId: string, requestId: string): SQL => sql`select app.enter_public_pact(${pactId}, ${requestId})`;

/** Enters the organization of a panel that is for sale as it is now. */
export const enterSoldPanel = (panelId: string, requestId: string): SQL => sql`select app.enter_sold_panel(${panelId}, ${requestId})`;

/**
 * Reads for anyone: one round trip, one read-only transaction. `entry` is a call of a function of migrations/ that enters what is open to
 * the public (a share, a public agent), or raises not-found.
 */
export async function readAsPublic<T extends readonly Query[]>(
  { env, meter }: PublicRequest,
  entry: SQL,
  build: (db: PublicDb) => readonly [...T],
): Promise<BatchResponse<[...T]>> {
  const { reader: orm } = databaseClient(env);
  const startedAt = currentTime().getTime();
  meter.trips += 1;
  try {
    const results: readonly unknown[] = await orm.batch([orm.execute(entry), ...build({ orm, orgId: sql`app.org()` })]);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the batch without the entry: the caller's own queries, in its order
    return results.slice(1) as BatchResponse<[...T]>;
  } catch (fault) {
    throw toProblem(fault);
  } finally {
    meter.durationMs += currentTime().getTime() - startedAt;
  }
}
