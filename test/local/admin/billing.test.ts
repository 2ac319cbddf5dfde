import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type pg from "pg";
import type { Plan } from "../../../src/access/plans.ts";
import { platformOrgId } from "../../../src/access/platform.ts";
import { parseKeyRing } from "../../../src/crypto/sealed-box.ts";
import type { RunAsAdmin } from "../../../src/local/admin/act.ts";
import { createOrganization } from "../../../src/local/admin/create-organization.ts";
import { linkProvider } from "../../../src/local/admin/link-provider.ts";
import { setPlan } from "../../../src/local/admin/set-plan.ts";
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

const newOrganization = (plan: Plan): Promise<string> => {
  const ring = parseKeyRing(`k1:${randomBytes(32).toString("base64")}`);
  if (ring === undefined) throw new Error("a key of this test does not parse");
  return createOrganization(run, ring, { name: "Acme", plan, environment: "live" });
};
const accountOf = async (orgId: string): Promise<unknown> =>
  (await pool.query('select plan, granted_plan as granted, plan_revision as "revision" from organizations where id = $1', [orgId])).rows[0];
const lastEventOf = async (orgId: string): Promise<unknown> =>
  (await pool.query("select action, actor from audit_events where org_id = $1 order by seq desc limit 1", [orgId])).rows[0];

const subscribe = (orgId: string, plan: Plan, status: string): Promise<unknown> =>
  asApp(
    pool,
    enter(orgId),
    event(orgId),
    statement(
      `insert into subscriptions (org_id, id, provider, external_id, plan, status, grace_until, legacy, created_at, updated_at)
       values ($1, $2, 'whop', $3, $4, $5, now() + interval '1 day', false, now(), now())`,
      orgId,
      newId("subscription"),
      `mem_${newId("subscription")}`,
      plan,
      status,
    ),
  );

describe("setting an organization's plan", () => {
  it("changes what it has without a subscription, and what it has now, and is an event of both logs", async () => {
    const orgId = await newOrganization("free");
    expect(await setPlan(run, orgId, "enterprise")).toBe("enterprise");
    expect(await accountOf(orgId)).toEqual({ plan: "enterprise", granted: "enterprise", revision: 2 });
    expect(await lastEventOf(orgId)).toEqual({ action: "plan.changed", actor: "admin:command" });
    expect(await lastEventOf(platformOrgId)).toEqual({ action: "plan.changed", actor: "admin:command" });
    expect(await setPlan(run, orgId, "free")).toBe("free");
    expect(await accountOf(orgId)).toEqual({ plan: "free", granted: "free", revision: 3 });
  });

  it("takes nothing away that is paid for, and gives nothing for what has ended", async () => {
    const orgId = await newOrganization("enterprise");
    await subscribe(orgId, "pro", "grace");
    await subscribe(orgId, "enterprise", "ended");
    expect(await setPlan(run, orgId, "free")).toBe("pro");
    expect(await accountOf(orgId)).toEqual({ plan: "pro", granted: "free", revision: 2 });
  });

  it("says that there is no such organization", async () => {
    await expect(setPlan(run, newId("organization"), "pro")).rejects.toThrow(PlainFailure);
  });

  it("counts what an organization was created with as granted", async () => {
    expect(await accountOf(await newOrganization("pro"))).toEqual({ plan: "pro", granted: "pro", revision: 1 });
  });
});

describe("linking an organization to a provider's name", () => {
  it("is for one organization and for good", async () => {
    const [orgId, other] = [await newOrganization("free"), await newOrganization("free")];
    const externalId = `sub_${newId("subscription")}`;
    expect(await linkProvider(run, { orgId, provider: "stripe", externalId })).toBe(externalId);
    expect(await lastEventOf(orgId)).toEqual({ action: "provider.linked", actor: "admin:command" });
    await expect(linkProvider(run, { orgId, provider: "stripe", externalId })).rejects.toThrow(/already/);
    await expect(linkProvider(run, { orgId: other, provider: "stripe", externalId })).rejects.toThrow(/another organization/);
    const found = await pool.query("select app.linked_org('stripe', $1) as org", [externalId]);
    expect(found.rows).toEqual([{ org: orgId }]);
    const change = "update provider_links set org_id = $1 where external_id = $2";
    await expect(asApp(pool, enter(orgId), event(orgId), statement(change, other, externalId))).rejects.toThrow();
  });

  it("refuses what the provider does not call so, and needs no name for Inngest", async () => {
    const orgId = await newOrganization("free");
    for (const [provider, externalId] of [
      ["stripe", "cus_1"],
      ["whop", "sub_1"],
      ["clerk", undefined],
      ["inngest", "sub_1"],
    ] as const)
      await expect(linkProvider(run, { orgId, provider, externalId })).rejects.toThrow(PlainFailure);
    expect(await linkProvider(run, { orgId, provider: "inngest", externalId: undefined })).toBe(orgId);
  });
});
