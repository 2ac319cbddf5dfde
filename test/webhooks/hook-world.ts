import { expect } from "vitest";
import { openSystemDb } from "../../src/access/system-principal.ts";
import { webhookEndpoints } from "../../src/db/schema/webhooks.ts";
import { newId } from "../../src/platform/ids.ts";
import { eventSchemaOf } from "../../src/webhooks/event-schemas.ts";
import { webhookEventTypes, type WebhookEventType } from "../../src/webhooks/event-types.ts";
import { ownerSees } from "../support/harness.ts";
import type { TestOrganization } from "../support/organization.ts";
import { environment } from "../support/rooms.ts";

type Row = typeof webhookEndpoints.$inferInsert;

/** An endpoint of an organization, to which nothing arrives: its name is nobody's. */
export async function addEndpoint({ orgId }: Pick<TestOrganization, "orgId">, types: readonly WebhookEventType[], over: Partial<Row> = {}) {
  const id = newId("webhookEndpoint");
  const at = new Date();
  const row = {
    url: "https://nobody.invalid/hook",
    eventTypes: types,
    scheme: "v1",
    status: "enabled",
    secretVersion: 1,
    revision: 1,
  } as const;
  const tenant = openSystemDb(environment(), orgId, "system:test");
  await tenant.write({ action: "webhook_endpoint.created", resource: id, change: null, answer: null }, (db) => [
    db.orm.insert(webhookEndpoints).values({ orgId: db.orgId, id, ...row, createdAt: at, updatedAt: at, ...over }),
  ]);
  return id;
}

/** One of every type but the test event, which goes to one endpoint whatever is on its list. */
export const everyType = webhookEventTypes.filter((type) => type !== "webhook.test");

/**
 * What is on its way to an organization's endpoints, oldest first, as the database's owner sees it. Each body is what its schema says, without a
 * member more, and tells of the event in the log that it was written with.
 */
export async function toldTo({ orgId }: Pick<TestOrganization, "orgId">) {
  const rows = await ownerSees(
    `select e.id, e.type, e.payload, a.action, a.resource, a.request_id, d.endpoint_id
       from webhook_events e join audit_events a on a.org_id = e.org_id and a.id = e.audit_event_id
       join webhook_deliveries d on d.org_id = e.org_id and d.event_id = e.id
      where e.org_id = $1 order by a.seq, e.type, d.endpoint_id`,
    orgId,
  );
  return rows.map(({ id, type, payload, action, resource, endpoint_id: endpointId }) => {
    const known = webhookEventTypes.find((one) => one === type);
    if (known === undefined) throw new Error(`there is no type ${String(type)}`);
    const body = eventSchemaOf(known).parse(JSON.parse(String(payload)));
    expect(body).toMatchObject({ id, type, organizationId: orgId });
    return { id, type: known, data: body.data, action, resource, endpointId };
  });
}

/** The data of what is told, of one type. */
export const dataOf = (told: Awaited<ReturnType<typeof toldTo>>, type: WebhookEventType) =>
  told.filter((one) => one.type === type).map(({ data }) => data);
