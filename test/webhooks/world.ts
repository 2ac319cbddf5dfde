import { env } from "cloudflare:workers";
import { and, eq } from "drizzle-orm";

import { openSystemDb, selectOrganization } from "../../src/access/system-principal.ts";
import type { Plan } from "../../src/access/plans.ts";
import { openSealedBox } from "../../src/crypto/sealed-box.ts";
import { webhookDeliveries, webhookEndpoints, webhookEvents, webhookHealth, webhookSecrets } from "../../src/db/schema/webhooks.ts";
import { requireEnvironment, type Environment } from "../../src/env.ts";
import { newId } from "../../src/platform/ids.ts";
import { newEndpointSecret } from "../../src/webhooks/endpoint-secrets.ts";
import type { WebhookEventType } from "../../src/webhooks/event-types.ts";
import { delivererOf, pokeEndpoints } from "../../src/webhooks/poke-endpoint.ts";
import type { WebhookScheme } from "../../src/webhooks/sign.ts";
import { ownerSees } from "../support/harness.ts";
import { createOrganization } from "../support/organization.ts";

export const testEnv = (): Environment => requireEnvironment(env);

export type TestEndpoint = {
  readonly orgId: string;
  readonly endpointId: string;
  /** As receivers are shown it; null for a key pair. */
  readonly secret: string | null;
  /** Anew each time: one that saw its object crash goes on failing. */
  readonly stub: () => ReturnType<typeof delivererOf>;
  /** Queues events that are due at a time, and tells nobody. Answers their ids. */
  readonly queue: (count?: number, due?: Date) => Promise<string[]>;
  readonly poke: () => Promise<void>;
  /** Its deliveries, in the order in which they were queued. */
  readonly deliveries: () => Promise<Delivery[]>;
  readonly health: () => Promise<Record<string, unknown>>;
  /** Changes its row, as its operator would. */
  readonly change: (set: Partial<typeof webhookEndpoints.$inferInsert>) => Promise<void>;
  readonly show: () => Promise<Record<string, unknown>>;
};

type Delivery = {
  event_id: string;
  status: string;
  attempts: number;
  next_attempt_at: string | null;
  last_attempt_at: string | null;
  response_status: number | null;
  response_ms: number | null;
  failure: string | null;
};
type Wish = {
  readonly url: string;
  readonly orgId?: string;
  readonly plan?: Plan;
  readonly scheme?: WebhookScheme;
  readonly eventTypes?: readonly WebhookEventType[];
};

/** An endpoint, in an organization of its own where none is named. */
export async function openEndpoint({ url, orgId: named, plan = "pro", scheme = "v1", eventTypes = [] }: Wish): Promise<TestEndpoint> {
  const orgId = named ?? (await createOrganization({ plan })).orgId;
  const tenant = openSystemDb(testEnv(), orgId, "system:test");
  const [[organization]] = await tenant.read((db) => [selectOrganization(db)]);
  const endpointId = newId("webhookEndpoint");
  const now = new Date();
  const box = openSealedBox(testEnv().encryptionKeys, orgId, organization?.wrappedDataKey ?? "");
  const { row, shown } = await newEndpointSecret(box, { id: endpointId, scheme }, 1, now);
  const endpoint = {
    id: endpointId,
    url,
    eventTypes,
    scheme,
    status: "enabled",
    secretVersion: 1,
    revision: 1,
    createdAt: now,
    updatedAt: now,
  } as const;
  await tenant.write({ action: "webhook_endpoint.created", resource: endpointId, change: {}, answer: null }, (db) => [
    db.orm.insert(webhookEndpoints).values({ ...endpoint, orgId: db.orgId }),
    db.orm.insert(webhookSecrets).values({ ...row, orgId: db.orgId }),
    db.orm.insert(webhookHealth).values({ orgId: db.orgId, endpointId, alertedPercent: 0 }),
  ]);
  const address = { orgId, endpointId };
  return {
    ...address,
    secret: shown,
    stub: () => delivererOf(testEnv(), address),
    queue: (count = 1, due = new Date()) => queueEvents(address, count, due),
    change: async (set) => {
      const event = { action: "webhook_endpoint.updated", resource: endpointId, change: {}, answer: null } as const;
      await tenant.write(event, (db) => [
        db.orm
          .update(webhookEndpoints)
          .set(set)
          .where(and(eq(webhookEndpoints.orgId, db.orgId), eq(webhookEndpoints.id, endpointId))),
      ]);
    },
    poke: () => pokeEndpoints(testEnv(), orgId, [endpointId]),
    deliveries: () =>
      ownerSees("select * from webhook_deliveries where endpoint_id = $1 order by created_at, event_id", endpointId) as Promise<Delivery[]>,
    health: async () => (await ownerSees("select * from webhook_health where endpoint_id = $1", endpointId))[0] ?? {},
    show: async () => (await ownerSees("select * from webhook_endpoints where id = $1", endpointId))[0] ?? {},
  };
}

async function queueEvents({ orgId, endpointId }: { orgId: string; endpointId: string }, count: number, due: Date): Promise<string[]> {
  const tenant = openSystemDb(testEnv(), orgId, "system:test");
  const ids = Array.from({ length: count }, () => newId("webhookEvent"));
  const now = new Date();
  await tenant.write({ action: "webhook.test_sent", resource: endpointId, change: {}, answer: null }, (db) => [
    db.orm.insert(webhookEvents).values(
      ids.map(
        (id) =>
          ({
            orgId: db.orgId,
            id,
            type: "webhook.test",
            payload: JSON.stringify({ id, type: "webhook.test" }),
            auditEventId: newId("auditEvent"),
            createdAt: now,
          }) as const,
      ),
    ),
    db.orm.insert(webhookDeliveries).values(
      ids.map(
        (eventId) =>
          ({
            orgId: db.orgId,
            endpointId,
            eventId,
            status: "pending",
            attempts: 0,
            scheduledAt: now,
            nextAttemptAt: due,
            createdAt: now,
          }) as const,
      ),
    ),
  ]);
  return ids;
}

/** Waits until something holds: at most thirty seconds. */
export async function until<T>(look: () => Promise<T>, holds: (seen: T) => boolean): Promise<T> {
  for (let turn = 0; turn < 600; turn += 1) {
    const seen = await look();
    if (holds(seen)) return seen;
    await scheduler.wait(50);
  }
  throw new Error(`it did not come to hold: ${JSON.stringify(await look())}`);
}

/** Until nothing of an endpoint's is due any more. */
export const untilTried = (endpoint: TestEndpoint): Promise<Delivery[]> =>
  until(endpoint.deliveries, (all) => all.every(({ status, attempts }) => status !== "pending" || attempts > 0));
