import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type pg from "pg";
import { newId } from "../../src/platform/ids.ts";
import { openTestDatabase } from "../support/harness-database.node.ts";
import { asApp, enter, event, newAgent, newOrganization, statement } from "../support/raw-sql.node.ts";

const immutable = { code: "AR002" };
const denied = { code: "42501" };

let pool: pg.Pool;
let close: () => Promise<void>;
beforeAll(async () => ({ pool, close } = await openTestDatabase()));
afterAll(() => close());

const change = (orgId: string, query: string, ...params: unknown[]) => asApp(pool, enter(orgId), event(orgId), statement(query, ...params));

async function newKey(orgId: string): Promise<string> {
  const id = newId("key");
  await change(
    orgId,
    `insert into api_keys (org_id, id, name, secret_hash, scopes, cidrs, created_by, created_at)
     values ($1, $2, 'key', 'hash', '[]', '[]', 'key:test', now())`,
    orgId,
    id,
  );
  return id;
}

describe("an activated pact", () => {
  it("is neither changed nor thawed by raw SQL", async () => {
    const orgId = await newOrganization(pool);
    const agentId = await newAgent(pool, orgId);
    const id = newId("pact");
    await change(
      orgId,
      `insert into pacts (org_id, id, lineage_id, version, agent_id, name, conditions, state, revision, created_at, updated_at)
       values ($1, $2, $2, 1, $3, 'Pact', '[]', 'draft', 1, now(), now())`,
      orgId,
      id,
      agentId,
    );
    const update = (set: string) => change(orgId, `update pacts set ${set} where id = $1`, id);
    await update("state = 'active', digest = 'sha256:x', activated_at = now()");
    await expect(update("conditions = '[1]'")).rejects.toMatchObject(immutable);
    await expect(update("state = 'draft'")).rejects.toMatchObject(immutable);
    await update("state = 'retired'");
    await expect(update("state = 'active'")).rejects.toMatchObject(immutable);
  });
});

describe("an API key", () => {
  it("gets neither more rights nor another secret by raw SQL", async () => {
    const orgId = await newOrganization(pool);
    const id = await newKey(orgId);
    for (const set of ["scopes = '[\"keys:write\"]'", "secret_hash = 'other'", "cidrs = '[]'", "agent_id = null"]) {
      await expect(change(orgId, `update api_keys set ${set} where id = $1`, id), set).rejects.toMatchObject(denied);
    }
  });

  it("does not come back from the dead, nor live longer than was said", async () => {
    const orgId = await newOrganization(pool);
    const id = await newKey(orgId);
    const update = (set: string) => change(orgId, `update api_keys set ${set} where id = $1`, id);
    await update("expires_at = now() + interval '1 day'");
    await update("expires_at = now() + interval '1 hour'");
    await expect(update("expires_at = now() + interval '1 day'")).rejects.toMatchObject(immutable);
    await expect(update("expires_at = null")).rejects.toMatchObject(immutable);
    await update("revoked_at = now()");
    await expect(update("revoked_at = null")).rejects.toMatchObject(immutable);
  });
});
