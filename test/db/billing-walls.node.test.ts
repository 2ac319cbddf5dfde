import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type pg from "pg";
import { migrationsFolder } from "../../src/local/migrate.ts";
import { newId } from "../../src/platform/ids.ts";
import { openTestDatabase } from "../support/harness-database.node.ts";
import { asApp, enter, event, newOrganization, statement } from "../support/raw-sql.node.ts";

let pool: pg.Pool;
let close: () => Promise<void>;
beforeAll(async () => ({ pool, close } = await openTestDatabase()));
afterAll(() => close());

const subscribe = (orgId: string, row: object): Promise<unknown> => {
  const made = {
    org_id: orgId,
    id: newId("subscription"),
    provider: "whop",
    external_id: newId("subscription"),
    plan: "pro",
    status: "active",
  };
  const times = { legacy: false, created_at: new Date(), updated_at: new Date() };
  return asApp(
    pool,
    enter(orgId),
    event(orgId),
    statement(
      "insert into subscriptions select * from jsonb_populate_record(null::subscriptions, $1)",
      JSON.stringify({ ...made, ...times, ...row }),
    ),
  );
};
const grace = (until: string): object => ({ status: "grace", grace_until: until });

describe("subscriptions in the database", () => {
  it("are one organization's each, for good", async () => {
    const [a, b] = [await newOrganization(pool), await newOrganization(pool)];
    await subscribe(a, { external_id: "mem_of_a" });
    await expect(subscribe(b, { external_id: "mem_of_a" })).rejects.toThrow(/subscriptions_external/);
    for (const column of ["org_id", "external_id", "provider", "legacy", "id"]) {
      const change = statement(`update subscriptions set ${column} = ${column} where org_id = $1`, a);
      await expect(asApp(pool, enter(a), event(a), change)).rejects.toThrow(/permission denied/);
    }
  });

  it("are never for a plan that nobody sells, nor new at Stripe, nor in grace without its end", async () => {
    const orgId = await newOrganization(pool);
    for (const wrong of [
      { plan: "free" },
      { plan: "ultra" },
      { provider: "stripe" },
      { legacy: true },
      { provider: "paddle" },
      { status: "grace" },
    ])
      await expect(subscribe(orgId, wrong)).rejects.toThrow(/check constraint/);
    await subscribe(orgId, { provider: "stripe", legacy: true });
  });

  it("are found once their grace is over, across organizations, by the organization's name alone, the longest over first", async () => {
    const [a, b, c] = [await newOrganization(pool), await newOrganization(pool), await newOrganization(pool)];
    await subscribe(a, grace("2020-01-02T00:00:00Z"));
    await subscribe(a, grace("2020-01-03T00:00:00Z"));
    await subscribe(b, grace("2020-01-01T00:00:00Z"));
    await subscribe(c, { status: "ended", grace_until: "2020-01-01T00:00:00Z" });
    await subscribe(c, grace("2020-01-04T00:00:00Z"));
    const lapsed = async (before: string, most: number): Promise<unknown> =>
      (await asApp(pool, statement("select org_id from app.lapsed_subscriptions($1, $2)", before, most)))[0]?.rows;
    expect(await lapsed("2020-01-03T12:00:00Z", 10)).toEqual([[b], [a]]);
    expect(await lapsed("2020-01-03T12:00:00Z", 1)).toEqual([[b]]);
    expect(await lapsed("2020-01-04T00:00:00Z", 10)).toEqual([[b], [a], [c]]);
  });
});

describe("the plans of organizations that were there before", () => {
  it("all count as granted, since when they were made", async () => {
    const orgId = await newOrganization(pool);
    const [{ plan, created }] = (await pool.query("select plan, created_at as created from organizations where id = $1", [orgId])).rows;
    expect(plan).not.toBe("free");
    const migration = await readFile(join(migrationsFolder, "0017_billing.sql"), "utf8");
    const again = migration
      .split("--> statement-breakpoint")
      .filter((text) => /"(granted_plan|plan_since)"|alter column granted_plan/.test(text));
    expect(again).toHaveLength(3);
    await pool.query("alter table organizations drop column granted_plan, drop column plan_since");
    for (const text of again) await pool.query(text);
    const { rows } = await pool.query("select granted_plan as granted, plan_since as since from organizations where id = $1", [orgId]);
    expect(rows).toEqual([{ granted: plan, since: created }]);
  });
});
