import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type pg from "pg";
import type { Statement } from "../../src/local/sql-batch.ts";
import { newId } from "../../src/platform/ids.ts";
import { openTestDatabase } from "../support/harness-database.node.ts";
import { asApp, enter, event, newAgent, newOrganization, statement } from "../support/raw-sql.node.ts";

const immutable = { code: "AR002" };
const checked = { code: "23514" };
const foreign = { code: "23503" };

let pool: pg.Pool;
let close: () => Promise<void>;
beforeAll(async () => ({ pool, close } = await openTestDatabase()));
afterAll(() => close());

const change = (orgId: string, ...statements: Statement[]) => asApp(pool, enter(orgId), event(orgId), ...statements);

type Named = { readonly orgId: string; readonly agentId: string; readonly capabilityId: string; readonly policyId: string };

const insert = (table: string, row: Readonly<Record<string, unknown>>): Statement => {
  const names = Object.keys(row);
  return statement(
    `insert into ${table} (${names.join(", ")}) values (${names.map((_, at) => `$${at + 1}`).join(", ")})`,
    ...Object.values(row),
  );
};
const stamp = { created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z" };
const made = { created_by: "member:test", created_at: stamp.created_at };
const capability = (orgId: string, id: string) =>
  insert("capabilities", {
    ...{ org_id: orgId, id, name: id, description: "Orders", kind: "http", status: "active", version: 1 },
    ...{ credential_version: 0, revision: 1, ...stamp },
  });
const policy = (orgId: string, id: string, capabilityId: string) =>
  insert("policies", {
    ...{
      org_id: orgId,
      id,
      capability_id: capabilityId,
      name: "Policy",
      active_version: 1,
      activation: 1,
      latest_version: 1,
      revision: 1,
      ...stamp,
    },
  });
const policyVersion = (orgId: string, policyId: string) =>
  insert("policy_versions", {
    org_id: orgId,
    policy_id: policyId,
    version: 1,
    terms: "{}",
    digest: "sha256:a",
    capability_version: 1,
    ...made,
  });
const grant = ({ orgId, agentId, capabilityId, policyId }: Named, id: string, given: Readonly<Record<string, unknown>> = {}) =>
  insert("grants", {
    ...{
      org_id: orgId,
      id,
      agent_id: agentId,
      capability_id: capabilityId,
      policy_id: policyId,
      tool_name: id.toLowerCase(),
      budget: "{}",
    },
    ...{ rate_per_minute: 60, status: "active", revision: 1, ...made, updated_at: stamp.updated_at, ...given },
  });

async function world(): Promise<Named & { grantId: string }> {
  const orgId = await newOrganization(pool);
  const named = { orgId, agentId: await newAgent(pool, orgId), capabilityId: newId("capability"), policyId: newId("policy") };
  const grantId = newId("grant");
  const { capabilityId, policyId } = named;
  await change(
    orgId,
    capability(orgId, capabilityId),
    policy(orgId, policyId, capabilityId),
    policyVersion(orgId, policyId),
    grant(named, grantId),
  );
  return { ...named, grantId };
}
const set = (text: string, grantId: string) => statement(`update grants set ${text} where id = $1`, grantId);
const promoted = "promoted_for = 'sha256:a', promoted_at = now(), promoted_basis = '{}'";

describe("grants", () => {
  it("are seen and made by their own organization alone, of what is its own", async () => {
    const [own, other] = [await world(), await world()];
    const [, seen] = await asApp(pool, enter(other.orgId), statement("select 1 from grants where id = $1", own.grantId));
    expect(seen?.rows).toHaveLength(0);
    await expect(change(other.orgId, grant(own, newId("grant")))).rejects.toMatchObject({ code: "AR001" });
    for (const name of ["agentId", "capabilityId", "policyId"] as const)
      await expect(change(own.orgId, grant({ ...own, [name]: other[name] }, newId("grant"))), name).rejects.toMatchObject(foreign);
    const second = newId("capability");
    await change(own.orgId, capability(own.orgId, second));
    // A policy is over its own capability alone.
    await expect(change(own.orgId, grant({ ...own, capabilityId: second }, newId("grant")))).rejects.toMatchObject(foreign);
  });

  it("are not made or changed without an event, and never deleted", async () => {
    const own = await world();
    await expect(asApp(pool, enter(own.orgId), grant(own, newId("grant")))).rejects.toMatchObject({ code: "AR001" });
    await expect(asApp(pool, enter(own.orgId), set("rate_per_minute = 5", own.grantId))).rejects.toMatchObject({ code: "AR001" });
    await expect(change(own.orgId, statement("delete from grants where id = $1", own.grantId))).rejects.toMatchObject({ code: "42501" });
  });

  it("keep whose they are, for what, under which policy and by what name", async () => {
    const own = await world();
    for (const column of ["agent_id", "capability_id", "policy_id", "tool_name", "created_by", "created_at", "id", "org_id"])
      await expect(change(own.orgId, set(`${column} = ${column}`, own.grantId)), column).rejects.toMatchObject({ code: "42501" });
    // The owner of the tables too: it could be granted to the Worker by mistake.
    const asOwner = `begin; select set_config('app.org_id', '${own.orgId}', true), set_config('app.actor', 'test', true), set_config('app.request_id', 'req_test', true);
      insert into audit_events (org_id, id, action, resource, change) values ('${own.orgId}', '${newId("auditEvent")}', 'grant.updated', 'test', 'sha256:test');
      update grants set tool_name = 'other' where id = '${own.grantId}'`;
    await expect(pool.query(asOwner)).rejects.toMatchObject(immutable);
    await pool.query("rollback");
  });

  it("are promoted with all that says for what and since when, or not at all", async () => {
    const { orgId, grantId } = await world();
    for (const part of [
      "promoted_for = 'sha256:a'",
      "promoted_at = now()",
      "promoted_basis = '{}'",
      "promoted_for = 'sha256:a', promoted_at = now()",
    ])
      await expect(change(orgId, set(part, grantId)), part).rejects.toMatchObject(checked);
    await change(orgId, set(promoted, grantId));
    await expect(change(orgId, set("promoted_basis = null", grantId))).rejects.toMatchObject(checked);
    await change(orgId, set("promoted_for = null, promoted_at = null, promoted_basis = null", grantId));
  });

  it("stay revoked, and as they were then", async () => {
    const { orgId, grantId } = await world();
    await change(orgId, set("status = 'revoked'", grantId));
    for (const text of ["status = 'active'", "rate_per_minute = 5", promoted])
      await expect(change(orgId, set(text, grantId)), text).rejects.toMatchObject(immutable);
  });

  it("rest on a capability that goes back to no earlier version", async () => {
    const { orgId, capabilityId } = await world();
    const version = (to: number) => statement("update capabilities set version = $2 where id = $1", capabilityId, to);
    await change(orgId, version(2));
    await expect(change(orgId, version(1))).rejects.toMatchObject(immutable);
  });

  it("have one name each among the active ones of an agent, and a rate that is one", async () => {
    const own = await world();
    const named = (name: string, given: object = {}) => grant(own, newId("grant"), { tool_name: name, ...given });
    await change(own.orgId, named("refund"));
    await expect(change(own.orgId, named("refund"))).rejects.toMatchObject({ code: "23505" });
    await change(own.orgId, statement("update grants set status = 'revoked' where tool_name = 'refund'"));
    await change(own.orgId, named("refund"));
    for (const rate of [0, 6_001])
      await expect(change(own.orgId, named("other", { rate_per_minute: rate }))).rejects.toMatchObject(checked);
    await expect(change(own.orgId, named("other", { status: "paused" }))).rejects.toMatchObject(checked);
  });
});

type Call = { readonly orgId: string; readonly id: string };

/** A call of a grant as it was written, with all that it refers to. */
async function newCall(status: "unknown" | "executed" | "simulated"): Promise<Call> {
  const { orgId, agentId, capabilityId, policyId, grantId } = await world();
  const [id, receiptId] = [newId("invocation"), newId("receipt")];
  const mode = status === "simulated" ? "simulation" : "production";
  const effect = { unknown: "unknown", executed: "confirmed", simulated: null }[status];
  await change(
    orgId,
    insert("receipts", {
      ...{ org_id: orgId, id: receiptId, agent_id: agentId, number: 1, action: "grant.invoke", about: id, mode },
      ...{
        disposition: effect === null ? "blocked" : "executed",
        effect,
        statement: "a.b.c",
        dsse_signature: "s",
        digest: "sha256:test",
        kid: "kid",
        issued_at: stamp.created_at,
      },
    }),
    insert("invocations", {
      ...{ org_id: orgId, id, grant_id: grantId, agent_id: agentId, capability_id: capabilityId, policy_id: policyId, policy_version: 1 },
      ...{ mode, decision: "allow", reasons: "[]", rule_ids: "[]", status, effect, basis: "sha256:b", receipt_id: receiptId },
      ...{ request_digest: "r", action_digest: "a", cost_micros: 0, budget_share: 0, sealed_input: "s", revision: 1 },
      created_at: stamp.created_at,
    }),
  );
  return { orgId, id };
}

const alter = ({ orgId, id }: Call, text: string) => change(orgId, statement(`update invocations set ${text} where id = $1`, id));
const settled = "status = 'executed', effect = 'confirmed', settled_by = 'member:a', settled_at = now()";

describe("calls of a grant", () => {
  it("that nobody knows the effect of are settled by a person, once, and say so for ever", async () => {
    const call = await newCall("unknown");
    for (const text of [
      "status = 'executed', effect = 'confirmed'",
      "status = 'pending', effect = null",
      "status = 'simulated', effect = null",
    ])
      await expect(alter(call, text), text).rejects.toMatchObject(immutable);
    await expect(alter(call, settled.replace("member:a", "key:a"))).rejects.toMatchObject(checked);
    await alter(call, settled);
    for (const text of ["settled_by = null, settled_at = null", "settled_by = 'member:b'", "settled_at = '2026-01-01'"])
      await expect(alter(call, text), text).rejects.toMatchObject(immutable);
  });

  it("that were confirmed are settled by nobody: they stay the evidence that they are", async () => {
    const text = "settled_by = 'member:a', settled_at = now()";
    await expect(alter(await newCall("executed"), text)).rejects.toMatchObject(immutable);
  });

  it("are reviewed by a person, who stays the one that did", async () => {
    const call = await newCall("simulated");
    const by = (who: string) => `review_verdict = 'accepted', reviewed_by = '${who}', reviewed_at = now()`;
    await expect(alter(call, by("key:a"))).rejects.toMatchObject(checked);
    await alter(call, by("member:a"));
    for (const text of [by("member:b"), "reviewed_at = '2026-01-01'"])
      await expect(alter(call, text), text).rejects.toMatchObject(immutable);
  });
});
