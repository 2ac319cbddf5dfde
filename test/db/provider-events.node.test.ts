import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type pg from "pg";
import { openTestDatabase } from "../support/harness-database.node.ts";
import { asApp, enter, event, newOrganization, statement } from "../support/raw-sql.node.ts";

let pool: pg.Pool;
let close: () => Promise<void>;
beforeAll(async () => ({ pool, close } = await openTestDatabase()));
afterAll(() => close());

const told = (orgId: string, eventId: string, provider = "clerk") =>
  statement(
    "insert into provider_events (org_id, provider, event_id, type, outcome, occurred_at) values ($1, $2, $3, 'a', 'handled', now())",
    ...[orgId, provider, eventId],
  );

describe("what a provider told", () => {
  it("is written with an event of its organization alone, once for each organization", async () => {
    const [one, other] = [await newOrganization(pool), await newOrganization(pool)];
    await expect(asApp(pool, enter(one), told(one, "msg_1"))).rejects.toMatchObject({ code: "AR001" });
    await asApp(pool, enter(one), event(one), told(one, "msg_1"));
    await expect(asApp(pool, enter(one), event(one), told(one, "msg_1"))).rejects.toMatchObject({
      code: "23505",
      constraint: "provider_events_pkey",
    });
    await asApp(pool, enter(other), event(other), told(other, "msg_1"));
    await expect(asApp(pool, enter(other), event(other), told(one, "msg_2"))).rejects.toMatchObject({ code: "AR001" });
  });

  it("is the same event of another provider's no more than one of another organization's", async () => {
    const orgId = await newOrganization(pool);
    await asApp(pool, enter(orgId), event(orgId), told(orgId, "evt_1", "stripe"), told(orgId, "evt_1", "whop"));
    await expect(asApp(pool, enter(orgId), event(orgId), told(orgId, "evt_1", "paypal"))).rejects.toMatchObject({ code: "23514" });
  });

  it("is never changed or forgotten, also by the database's owner", async () => {
    const orgId = await newOrganization(pool);
    await asApp(pool, enter(orgId), event(orgId), told(orgId, "msg_1"));
    for (const query of [
      "update provider_events set outcome = 'stale' where org_id = $1",
      "delete from provider_events where org_id = $1",
    ]) {
      await expect(asApp(pool, enter(orgId), event(orgId), statement(query, orgId))).rejects.toMatchObject({ code: "42501" });
      await expect(pool.query(query, [orgId])).rejects.toMatchObject({ code: "AR002" });
    }
  });

  it("is seen by its own organization alone", async () => {
    const [one, other] = [await newOrganization(pool), await newOrganization(pool)];
    await asApp(pool, enter(one), event(one), told(one, "msg_1"));
    const seen = async (orgId: string): Promise<unknown> =>
      (await asApp(pool, enter(orgId), statement("select event_id from provider_events"))).at(-1)?.rows;
    expect([await seen(one), await seen(other)]).toEqual([[["msg_1"]], []]);
  });
});
