import { AlreadyLogged } from "../db/database-fault.ts";
import { Problem } from "../http/problem.ts";
import type { Id } from "../platform/ids.ts";
import { log } from "../platform/logger.ts";
import { cancelPending, disableEndpoint, insertNotices, recordAttempts, selectNextDue, updateHealth } from "./delivery-queries.ts";
import type { Health } from "./outcome.ts";
import { eventsOf, noticesOf, type Judged } from "./judge-batch.ts";
import type { Tenant } from "./load-batch.ts";
import type { EndpointAddress } from "./poke-endpoint.ts";

type Recorded = {
  readonly address: EndpointAddress;
  /** The endpoint's, as it was read; and how it fared then. */
  readonly revision: number;
  readonly health: Health;
  readonly judged: Judged;
  /** Of the event that is written, where one is: chosen once, so that whoever writes again writes nothing twice. */
  readonly eventId: Id<"auditEvent">;
  readonly now: Date;
};

/** Until what changed meanwhile is looked at: never in a circle without a pause. */
const afterConflictMs = 1_000;

/**
 * Writes how a batch went, in one round trip, and answers when the next delivery is due. Where people are to be told of it, it is one audited
 * write: events, notices and the endpoint's state together, or none of it.
 */
export async function recordBatch(tenant: Tenant, recorded: Recorded): Promise<Date | undefined> {
  const { address, judged, health } = recorded;
  const { endpointId } = address;
  if (eventsOf(endpointId, judged).length === 0) {
    const results = await tenant.record((db) => [
      recordAttempts(db, endpointId, judged.changes),
      updateHealth(db, endpointId, judged.health, health),
      selectNextDue(db, endpointId),
    ]);
    return results[2][0]?.at ?? undefined;
  }
  try {
    await writeAudited(tenant, recorded);
  } catch (fault) {
    if (fault instanceof AlreadyLogged) return recorded.now;
    if (!(fault instanceof Problem && fault.code === "state_conflict")) throw fault;
    // The endpoint is not what was sent to any more: nothing follows for it, and what would have been cancelled is sent to what it is now.
    const changes = judged.changes.filter(({ status }) => status !== "cancelled");
    await tenant.record((db) => [recordAttempts(db, endpointId, changes)]);
    return new Date(recorded.now.getTime() + afterConflictMs);
  }
  return recorded.now;
}

async function writeAudited(tenant: Tenant, { address, revision, health, judged, eventId, now }: Recorded): Promise<void> {
  const { endpointId, orgId } = address;
  const [event, ...consequences] = eventsOf(endpointId, judged);
  if (event === undefined) return;
  const { disable } = judged;
  await tenant.write({ ...event, id: eventId, answer: null, consequences }, (db) => [
    recordAttempts(db, endpointId, judged.changes),
    updateHealth(db, endpointId, judged.health, health),
    insertNotices(db, noticesOf(endpointId, judged, now)),
    ...(disable === undefined ? [] : [disableEndpoint(db, endpointId, { reason: disable, revision, now }), cancelPending(db, endpointId)]),
  ]);
  for (const percent of judged.alerts) log("error", "webhook_failing", { orgId, endpointId, percent });
  if (disable !== undefined) log("error", "webhook_disabled", { orgId, endpointId, reason: disable });
}
