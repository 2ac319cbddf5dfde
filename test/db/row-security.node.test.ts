import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type pg from "pg";
import { runBatch } from "../../src/local/sql-batch.ts";
import { openTestDatabase } from "../support/harness-database.node.ts";
import { asApp, enter, event, insertAgent, newAgent, newOrganization, statement } from "../support/raw-sql.node.ts";

let pool: pg.Pool;
let close: () => Promise<void>;
let [a, b, agentOfA, agentOfB] = ["", "", "", ""];

beforeAll(async () => {
  ({ pool, close } = await openTestDatabase());
  [a, b] = [await newOrganization(pool), await newOrganization(pool)];
  [agentOfA, agentOfB] = [await newAgent(pool, a), await newAgent(pool, b)];
});
afterAll(() => close());

describe("row security, with the predicates left out", () => {
  it("shows an organization its own rows and no others", async () => {
    const [, agents, events, organizations] = await asApp(
      pool,
      enter(a),
      statement("select id from agents"),
      statement("select distinct org_id from audit_events"),
      statement("select id from organizations"),
    );
    expect(agents?.rows).toEqual([[agentOfA]]);
    expect(events?.rows).toEqual([[a]]);
    expect(organizations?.rows).toEqual([[a]]);
  });

  it("shows nothing before an organization was entered, in a session that has entered one before", async () => {
    await asApp(pool, enter(a));
    const [agents, organizations] = await asApp(pool, statement("select id from agents"), statement("select id from organizations"));
    expect([agents?.rows, organizations?.rows]).toEqual([[], []]);
  });

  it("lets nobody write a row of another organization, or give one away", async () => {
    const gift = statement("update agents set org_id = $1 where id = $2", b, agentOfA);
    const failure = statement("insert into request_failures values ($1, 'req_1', 'agents.get', 'key:a', 404, 'not_found', 'x', now())", b);
    await expect(asApp(pool, enter(a), event(a), insertAgent(b))).rejects.toMatchObject({ code: "AR001" });
    await expect(asApp(pool, enter(a), event(a), gift)).rejects.toMatchObject({ code: "AR001" });
    await expect(asApp(pool, enter(a), failure)).rejects.toMatchObject({ code: "42501" });
  });

  it("holds alone, where the audit triggers are off", async () => {
    await pool.query("alter table agents disable trigger audited");
    const gift = statement("update agents set org_id = $1 where id = $2", b, agentOfA);
    await expect(asApp(pool, enter(a), insertAgent(b))).rejects.toMatchObject({ code: "42501" });
    await expect(asApp(pool, enter(a), gift)).rejects.toMatchObject({ code: "42501" });
    await pool.query("alter table agents enable trigger audited");
  });

  it("lets no row point at another organization's", async () => {
    const version = statement("insert into agent_versions values ($1, $2, 1, 'd', now())", a, agentOfB);
    await expect(asApp(pool, enter(a), event(a), version)).rejects.toMatchObject({ code: "23503" });
  });

  it("holds for the administrator's role too", async () => {
    const [, agents] = await runBatch(pool, { role: "armalo_admin", statements: [enter(a), statement("select id from organizations")] });
    expect(agents?.rows).toEqual([[a]]);
  });
});

describe("app.enter", () => {
  it("refuses a role that row security does not bind", async () => {
    await expect(runBatch(pool, { role: "postgres", statements: [enter(a)] })).rejects.toMatchObject({ code: "AR503" });
    await pool.query("create role bypasser bypassrls");
    await pool.query("grant usage on schema app to bypasser; grant execute on function app.enter, app.org, app.platform to bypasser");
    await expect(runBatch(pool, { role: "bypasser", statements: [enter(a)] })).rejects.toMatchObject({ code: "AR503" });
  });

  it("is once a transaction, even for the same organization", async () => {
    await expect(asApp(pool, enter(a), enter(b))).rejects.toMatchObject({ code: "AR503" });
    await expect(asApp(pool, enter(a, "key:one"), enter(a, "key:two"))).rejects.toMatchObject({ code: "AR503" });
  });

  it("lets the administrator go on from the platform's log to one organization, and no further", async () => {
    const asAdmin = (...orgs: string[]): Promise<unknown> =>
      runBatch(pool, { role: "armalo_admin", statements: orgs.map((org) => enter(org)) });
    const [platform] = (await pool.query("select app.platform() as id")).rows;
    await expect(asAdmin(platform.id, a)).resolves.toBeDefined();
    await expect(asAdmin(platform.id, a, b)).rejects.toMatchObject({ code: "AR503" });
    await expect(asAdmin(a, b)).rejects.toMatchObject({ code: "AR503" });
  });

  it("needs an organization, an actor and a request", async () => {
    await expect(asApp(pool, enter(""))).rejects.toMatchObject({ code: "AR503" });
    await expect(asApp(pool, enter(a, ""))).rejects.toMatchObject({ code: "AR503" });
    await expect(asApp(pool, statement("select app.enter($1, $2, null)", a, "key:a"))).rejects.toMatchObject({ code: "AR503" });
  });
});
