import { sql } from "drizzle-orm";
import { newId } from "../../platform/ids.ts";
import { rawStatement } from "../admin/act.ts";
import type { RealPostgres } from "../real-postgres.ts";
import { runBatch } from "../sql-batch.ts";
import type { Tenant } from "./seed.ts";

let queued = 0;
const digest = `sha256:${"ab".repeat(32)}`;

/** Queues so many events for each of the organization's endpoints, in one transaction of the Worker's own role, and tells nobody. Answers with their identifiers. */
export async function queueDeliveries(
  { owner }: RealPostgres,
  { orgId }: Tenant,
  endpointIds: readonly string[],
  each: number,
): Promise<string[]> {
  const ids = Array.from({ length: each }, () => `evt_${String((queued += 1)).padStart(22, "0")}`);
  const auditId = newId("auditEvent");
  await runBatch(owner.pool, {
    role: "armalo_app",
    statements: [
      rawStatement(sql`select app.enter(${orgId}, 'bench:seed', ${newId("request")})`),
      rawStatement(
        sql`insert into audit_events (org_id, id, action, resource, change) values (${orgId}, ${auditId}, 'webhook.replayed', ${orgId}, ${digest})`,
      ),
      rawStatement(sql`
        insert into webhook_events (org_id, id, type, payload, audit_event_id, created_at)
        select ${orgId}, id, 'webhook.test', json_build_object('id', id, 'type', 'webhook.test', 'timestamp', now(), 'organizationId', ${orgId}::text,
          'data', json_build_object('endpointId', 'whe_0'))::text, ${auditId}, now()
          from json_array_elements_text(${JSON.stringify(ids)}::json) id`),
      rawStatement(sql`
        insert into webhook_deliveries (org_id, endpoint_id, event_id, status, attempts, scheduled_at, next_attempt_at, created_at)
        select ${orgId}, endpoint, event, 'pending', 0, now(), now(), now()
          from json_array_elements_text(${JSON.stringify(endpointIds)}::json) endpoint, json_array_elements_text(${JSON.stringify(ids)}::json) event`),
    ],
  });
  return ids;
}
