import { openSystemDb } from "../../access/system-principal.ts";
import type { Action } from "../../audit/actions.ts";
import { findDueTelemetry } from "../../db/cross-tenant.ts";
import type { TenantWriter } from "../../db/tenant-db.ts";
import type { Environment } from "../../env.ts";
import { currentTime } from "../../platform/clock.ts";
import { describeFault } from "../../platform/describe-fault.ts";
import { log } from "../../platform/logger.ts";
import { deleteExpired, selectExpired } from "./store.ts";

const mostOrganizations = 100;
/** Deleted at once: the organization's writers wait that long. */
const eventsPerBatch = 2_000;
const batchesPerOrganization = 20;
/** What is left over is still past its time a minute later. */
const budgetMs = 10_000;

/**
 * Deletes what agents told of themselves longer ago than it is kept: each batch one read and one write, with an event in the organization's own
 * log that says how many and up to when. One organization's trouble is not another's. Returns how many events were deleted.
 */
export async function purgeTelemetry(env: Environment): Promise<number> {
  const startedMs = currentTime().getTime();
  let purged = 0;
  for (const orgId of await findDueTelemetry(env, mostOrganizations)) {
    const tenant = openSystemDb(env, orgId, "system:telemetry");
    try {
      for (let batch = 0; batch < batchesPerOrganization; batch += 1) {
        if (currentTime().getTime() - startedMs > budgetMs) return purged;
        const events = await purgeBatch(tenant);
        purged += events;
        if (events < eventsPerBatch) break;
      }
    } catch (fault) {
      log("error", "telemetry_not_purged", { orgId, fault: describeFault(fault) });
    }
  }
  return purged;
}

async function purgeBatch(tenant: TenantWriter<Action>): Promise<number> {
  const [[expired]] = await tenant.read((db) => [selectExpired(db, eventsPerBatch)]);
  if (expired === undefined) return 0;
  const change = { events: expired.events, receivedUntil: expired.receivedAt.toISOString() };
  await tenant.write({ action: "telemetry.purged", resource: tenant.orgId, change, answer: null }, (db) => [deleteExpired(db, expired)]);
  return expired.events;
}
