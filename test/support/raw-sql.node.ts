import type pg from "pg";
import { parseKeyRing } from "../../src/crypto/sealed-box.ts";
import { createOrganization } from "../../src/local/admin/create-organization.ts";
import { newSecrets } from "../../src/local/secrets.ts";
import { runBatch, type RawResult, type Statement } from "../../src/local/sql-batch.ts";
import { newId } from "../../src/platform/ids.ts";

// Raw SQL as the Worker's role writes it, for the tests of the walls: nothing of the Worker's own care is in the way.

export const statement = (query: string, ...params: unknown[]): Statement => ({ query, params });

/** One transaction as armalo_app. */
export const asApp = (pool: pg.Pool, ...statements: readonly Statement[]): Promise<RawResult[]> =>
  runBatch(pool, { role: "armalo_app", statements });

export const enter = (orgId: string, actor = "key:test", request = "req_test"): Statement =>
  statement("select app.enter($1, $2, $3)", orgId, actor, request);

export const event = (orgId: string, id: string = newId("auditEvent")): Statement =>
  statement(
    "insert into audit_events (org_id, id, action, resource, change) values ($1, $2, 'agent.created', 'agt_test', 'sha256:test')",
    orgId,
    id,
  );

export const insertAgent = (orgId: string, id: string = newId("agent")): Statement =>
  statement(
    `insert into agents (org_id, id, external_id, name, capabilities, version_number, version_digest, is_public, endpoint_headers, revision, created_at, updated_at)
     values ($1, $2, $2, 'Agent', '[]', 1, 'sha256:test', false, '[]', 1, now(), now())`,
    orgId,
    id,
  );

export async function newOrganization(pool: pg.Pool): Promise<string> {
  const ring = parseKeyRing(newSecrets().ENCRYPTION_KEYS);
  if (ring === undefined) throw new Error("a new key ring does not parse");
  const run = (statements: readonly Statement[]): Promise<RawResult[]> => runBatch(pool, { role: "armalo_admin", statements });
  return createOrganization(run, ring, { name: "Test", plan: "pro", environment: "test" });
}

/** An organization's agent, made as it should be. */
export async function newAgent(pool: pg.Pool, orgId: string): Promise<string> {
  const id = newId("agent");
  await asApp(pool, enter(orgId), event(orgId), insertAgent(orgId, id));
  return id;
}
