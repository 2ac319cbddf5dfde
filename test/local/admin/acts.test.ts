import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type pg from "pg";
import { importTagKey, readApiKey } from "../../../src/access/api-key.ts";
import { readTaggedToken } from "../../../src/access/tagged-token.ts";
import { openSealedBox, parseKeyRing, type KeyRing } from "../../../src/crypto/sealed-box.ts";
import type { SuiteDefinition } from "../../../src/features/evals/suite.ts";
import { platformOrgId } from "../../../src/access/platform.ts";
import { actOnPlatform, type RunAsAdmin } from "../../../src/local/admin/act.ts";
import { addMember } from "../../../src/local/admin/add-member.ts";
import { createKey } from "../../../src/local/admin/create-key.ts";
import { createOrganization } from "../../../src/local/admin/create-organization.ts";
import { installSuites } from "../../../src/local/admin/install-suites.ts";
import { makeSignInLink } from "../../../src/local/admin/make-sign-in-link.ts";
import { offerPanel, withdrawPanel } from "../../../src/local/admin/offer-panel.ts";
import { reencrypt } from "../../../src/local/admin/reencrypt.ts";
import { PlainFailure } from "../../../src/local/plain-failure.ts";
import { runBatch } from "../../../src/local/sql-batch.ts";
import { newId } from "../../../src/platform/ids.ts";
import { openTestDatabase } from "../../support/harness-database.node.ts";
import { asApp, enter, event, statement } from "../../support/raw-sql.node.ts";

let pool: pg.Pool;
let close: () => Promise<void>;
let run: RunAsAdmin;
beforeAll(async () => {
  ({ pool, close } = await openTestDatabase());
  run = (statements) => runBatch(pool, { role: "armalo_admin", statements });
});
afterAll(() => close());

const newKey = (kid: string): string => `${kid}:${randomBytes(32).toString("base64")}`;
const ringOf = (...keys: string[]): KeyRing => {
  const ring = parseKeyRing(keys.join(","));
  if (ring === undefined) throw new Error("a key of this test does not parse");
  return ring;
};
const eventsOf = async (orgId: string): Promise<Record<string, unknown>[]> =>
  (await pool.query("select action, resource, actor from audit_events where org_id = $1 order by seq", [orgId])).rows;
const wrappedKeyOf = async (orgId: string): Promise<string> =>
  (await pool.query("select wrapped_data_key as key from organizations where id = $1", [orgId])).rows[0].key;

const actor = "admin:command";
const place = { table: "agents", row: "agt_1", field: "header" };

describe("creating an organization", () => {
  it("is the first event of its own log, and one of the platform's", async () => {
    const orgId = await createOrganization(run, ringOf(newKey("k1")), { name: "Acme", plan: "pro", environment: "live" });
    expect(await eventsOf(orgId)).toEqual([{ action: "organization.created", resource: orgId, actor }]);
    expect((await eventsOf(platformOrgId)).at(-1)).toEqual({ action: "organization.created", resource: orgId, actor });
    const { rows } = await pool.query("select name, plan, environment from organizations where id = $1", [orgId]);
    expect(rows).toEqual([{ name: "Acme", plan: "pro", environment: "live" }]);
  });
});

describe("creating an API key", () => {
  it("makes one that reads back as the organization's, stores its hash alone, and is an event of both logs", async () => {
    const orgId = await createOrganization(run, ringOf(newKey("k1")), { name: "Acme", plan: "free", environment: "test" });
    const tagKey = await importTagKey(new Uint8Array(randomBytes(32)));
    const { id, key } = await createKey(run, tagKey, { orgId, name: "ci", scopes: ["agents:read"] });
    const read = await readApiKey(tagKey, key);
    expect(read).toMatchObject({ ok: true, claim: { orgId, keyId: id, environment: "test" } });
    const { rows } = await pool.query("select * from api_keys where id = $1", [id]);
    expect(rows[0]).toMatchObject({ org_id: orgId, name: "ci", scopes: ["agents:read"], secret_hash: read.ok && read.claim.secretHash });
    expect(JSON.stringify(rows[0])).not.toContain(key.split("_")[4]);
    expect((await eventsOf(orgId)).at(-1)).toEqual({ action: "key.created", resource: id, actor });
    expect((await eventsOf(platformOrgId)).at(-1)).toEqual({ action: "key.created", resource: orgId, actor });
  });

  it("is announced to the organization's own systems, in the same transaction, without the name or the key", async () => {
    const orgId = await createOrganization(run, ringOf(newKey("k1")), { name: "Acme", plan: "pro", environment: "test" });
    const insert = `insert into webhook_endpoints (org_id, id, url, event_types, scheme, status, secret_version, revision, created_at, updated_at)
      values ($1, 'whe_1', 'https://hooks.acme.com/', '["key.created"]', 'v1', 'enabled', 1, 1, now(), now())`;
    await asApp(pool, enter(orgId), event(orgId), statement(insert, orgId));
    const { id, key } = await createKey(run, await importTagKey(new Uint8Array(randomBytes(32))), {
      orgId,
      name: "ci",
      scopes: ["agents:read"],
    });
    const { rows } = await pool.query(
      `select e.payload, d.status, a.action from webhook_deliveries d join webhook_events e on e.org_id = d.org_id and e.id = d.event_id
         join audit_events a on a.org_id = e.org_id and a.id = e.audit_event_id where d.org_id = $1 and d.endpoint_id = 'whe_1'`,
      [orgId],
    );
    expect(rows).toMatchObject([{ status: "pending", action: "key.created" }]);
    const { type, data } = JSON.parse(rows[0].payload);
    expect({ type, data }).toEqual({ type: "key.created", data: { keyId: id, scopes: ["agents:read"], agentId: null, expiresAt: null } });
    expect(rows[0].payload).not.toContain(key);
  });

  it("says plainly that there is no such organization, and writes nothing", async () => {
    const before = await eventsOf(platformOrgId);
    const tagKey = await importTagKey(new Uint8Array(randomBytes(32)));
    const attempt = createKey(run, tagKey, { orgId: "org_9999999999999999999999", name: "ci", scopes: ["agents:read"] });
    await expect(attempt).rejects.toThrow(PlainFailure);
    expect(await eventsOf(platformOrgId)).toEqual(before);
  });
});

describe("adding a member and making a link", () => {
  it("are events of both logs that name nobody; of the token only a hash is kept", async () => {
    const tagKey = await importTagKey(new Uint8Array(32).fill(5));
    const orgId = await createOrganization(run, ringOf(newKey("k1")), { name: "Acme", plan: "pro", environment: "live" });
    const memberId = await addMember(run, { orgId, email: "ada@example.com", name: "Ada", role: "owner" });
    const before = Date.now();
    const { token, expiresAt } = await makeSignInLink(run, tagKey, { orgId, email: "ada@example.com" });
    const claim = (await readTaggedToken(tagKey, "signInLink", token)) ?? expect.fail("not a token of ours");
    expect(expiresAt.getTime() - before).toBeGreaterThanOrEqual(600_000);
    expect(expiresAt.getTime() - Date.now()).toBeLessThanOrEqual(600_000);
    expect((await eventsOf(orgId)).slice(1)).toEqual([
      { action: "member.added", resource: memberId, actor },
      { action: "sign_in_link.created", resource: claim.id, actor },
    ]);
    expect((await eventsOf(platformOrgId)).slice(-2)).toEqual([
      { action: "member.added", resource: orgId, actor },
      { action: "sign_in_link.created", resource: orgId, actor },
    ]);
    const { rows } = await pool.query("select * from sign_in_links where org_id = $1", [orgId]);
    expect(rows).toEqual([expect.objectContaining({ member_id: memberId, token_hash: claim.secretHash, consumed_at: null })]);
    const [, , secret = "-"] = token.split(".");
    expect(JSON.stringify(rows)).not.toContain(secret);
    await expect(makeSignInLink(run, tagKey, { orgId, email: "bob@example.com" })).rejects.toThrow(PlainFailure);
  });

  it("makes a link for nobody who was removed", async () => {
    const tagKey = await importTagKey(new Uint8Array(32).fill(5));
    const orgId = await createOrganization(run, ringOf(newKey("k1")), { name: "Acme", plan: "pro", environment: "live" });
    const memberId = await addMember(run, { orgId, email: "ada@example.com", name: null, role: "viewer" });
    const ends = [
      statement("update members set status = 'removed', removed_at = now() where id = $1", memberId),
      statement("update member_profiles set removed_at = now() where member_id = $1", memberId),
    ];
    await asApp(pool, enter(orgId), event(orgId), ...ends);
    await expect(makeSignInLink(run, tagKey, { orgId, email: "ada@example.com" })).rejects.toThrow("Nobody has the address");
  });
});

describe("installing suites", () => {
  const suite = (id: string): SuiteDefinition => ({
    name: "Politeness",
    floor: 0.5,
    cases: [{ id, input: "Hello", timeoutMs: 1000, passThreshold: 1, expectations: [] }],
  });

  it("adds each once, as an event of the platform's log", async () => {
    expect(await installSuites(run, [suite("a"), suite("b")])).toEqual(["Politeness", "Politeness"]);
    expect(await installSuites(run, [suite("a"), suite("b"), suite("c")])).toEqual(["Politeness"]);
    expect(await installSuites(run, [suite("a"), suite("b"), suite("c")])).toEqual([]);
    const { rows } = await pool.query("select id, name, floor from platform_suites order by id");
    expect(rows).toHaveLength(3);
    const installed = (await eventsOf(platformOrgId)).filter(({ action }) => action === "suite.installed");
    expect(installed.map(({ resource }) => resource)).toEqual(rows.map(({ id }) => id));
  });
});

describe("offering a judge panel for sale", () => {
  it("and taking it off sale are events of the platform's log and of the organization's, and name the panel alone", async () => {
    const orgId = await createOrganization(run, ringOf(newKey("k1")), { name: "Acme", plan: "pro", environment: "live" });
    const panelId = newId("judgePanel");
    await asApp(
      pool,
      enter(orgId),
      event(orgId),
      statement(
        `insert into judge_panels (org_id, id, name, version, digest, judges, keys, revision, created_at, updated_at)
         values ($1, $2, 'Judges', 1, 'sha256:one', '[]', '{}', 1, now(), now())`,
        orgId,
        panelId,
      ),
    );
    await expect(withdrawPanel(run, panelId)).rejects.toThrow(PlainFailure);
    expect(await offerPanel(run, panelId)).toEqual({ orgId, name: "Judges", digest: "sha256:one" });
    expect((await eventsOf(orgId)).at(-1)).toEqual({ action: "judge_panel.offered", resource: panelId, actor });
    expect((await eventsOf(platformOrgId)).at(-1)).toEqual({ action: "judge_panel.offered", resource: orgId, actor });
    await expect(offerPanel(run, panelId)).rejects.toThrow("for sale already");
    await withdrawPanel(run, panelId);
    expect((await eventsOf(orgId)).at(-1)).toEqual({ action: "judge_panel.withdrawn", resource: panelId, actor });
    expect((await eventsOf(platformOrgId)).at(-1)).toEqual({ action: "judge_panel.withdrawn", resource: orgId, actor });
    expect((await pool.query("select from sold_panels")).rowCount).toBe(0);
    await expect(offerPanel(run, newId("judgePanel"))).rejects.toThrow("no judge panel");
  });
});

describe("re-encrypting", () => {
  it("wraps each data key with the active key, once, after which the old one can go and nothing sealed is lost", async () => {
    const [old, fresh] = [newKey("old"), newKey("new")];
    const orgId = await createOrganization(run, ringOf(old), { name: "Acme", plan: "pro", environment: "live" });
    const sealed = await openSealedBox(ringOf(old), orgId, await wrappedKeyOf(orgId)).seal(place, "secret");
    await expect(reencrypt(onlyOf(orgId), ringOf(fresh))).rejects.toThrow("wrapping key is not in the ring");
    expect(await reencrypt(onlyOf(orgId), ringOf(fresh, old))).toEqual({ rewrapped: 1, unchanged: 0 });
    expect(await reencrypt(onlyOf(orgId), ringOf(fresh, old))).toEqual({ rewrapped: 0, unchanged: 1 });
    const box = openSealedBox(ringOf(fresh), orgId, await wrappedKeyOf(orgId));
    expect(await box.open(place, sealed)).toBe("secret");
    expect((await eventsOf(orgId)).at(-1)).toEqual({ action: "secrets.reencrypted", resource: orgId, actor });
  });
});

/** As if there were one organization alone: those of the other tests were wrapped with keys that are gone. */
const onlyOf =
  (orgId: string): RunAsAdmin =>
  async (statements) => {
    const results = await run(statements);
    const listing = statements[0]?.query.includes("organization_ids") === true;
    return listing ? results.map((result) => ({ ...result, rows: [[orgId]] })) : results;
  };

describe("any act of the administrator", () => {
  it("is undone whole where a part of it fails", async () => {
    const before = await eventsOf(platformOrgId);
    const act = { action: "suite.installed", resource: "sui_x", change: {} } as const;
    await expect(actOnPlatform(run, act, [{ query: "select 1 / 0", params: [] }])).rejects.toThrow("division by zero");
    expect(await eventsOf(platformOrgId)).toEqual(before);
  });
});
