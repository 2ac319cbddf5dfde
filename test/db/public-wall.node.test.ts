import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type pg from "pg";
import { runBatch } from "../../src/local/sql-batch.ts";
import { openTestDatabase } from "../support/harness-database.node.ts";
import { asApp, enter, event, newAgent, newOrganization, statement } from "../support/raw-sql.node.ts";

let pool: pg.Pool;
let close: () => Promise<void>;
beforeAll(async () => {
  const database = await openTestDatabase();
  ({ pool } = database);
  close = () => database.close();
});
afterAll(() => close());

const entry = (agentId: string) => statement("select app.enter_public($1, 'req_test')", agentId);

async function agentThat(change: string): Promise<{ orgId: string; agentId: string; other: string }> {
  const orgId = await newOrganization(pool);
  const [agentId, other] = [await newAgent(pool, orgId), await newAgent(pool, orgId)];
  await asApp(pool, enter(orgId), event(orgId), statement(`update agents set ${change} where id = $1`, agentId));
  return { orgId, agentId, other };
}

describe("app.enter_public", () => {
  it("enters the organization of a public agent and of no other one, and for one transaction", async () => {
    const { orgId, agentId } = await agentThat("is_public = true");
    await agentThat("is_public = true");
    const seen = statement("select distinct org_id from agents");
    const [, entered, agents] = await asApp(pool, entry(agentId), statement("select app.org()"), seen);
    expect(entered?.rows).toEqual([[orgId]]);
    expect(agents?.rows).toEqual([[orgId]]);
    expect((await asApp(pool, seen))[0]?.rows).toEqual([]);
  });

  it("finds none that is private, archived or unknown, each alike", async () => {
    const faults: unknown[] = [];
    for (const change of ["is_public = false", "is_public = true, archived_at = now()"]) {
      const { agentId } = await agentThat(change);
      faults.push(await asApp(pool, entry(agentId)).catch((fault: unknown) => fault));
    }
    faults.push(await asApp(pool, entry("agt_unknown")).catch((fault: unknown) => fault));
    for (const fault of faults) expect(fault).toMatchObject({ code: "AR404", message: "no such public agent" });
  });

  it("cannot be used to leave an organization that was entered", async () => {
    const { agentId } = await agentThat("is_public = true");
    await expect(asApp(pool, enter(await newOrganization(pool)), entry(agentId))).rejects.toMatchObject({ code: "AR503" });
  });

  it("rests on a role that sees public agents alone, and of them whose they are", async () => {
    const { agentId, other } = await agentThat("is_public = true");
    const [rows] = await runBatch(pool, {
      role: "armalo_system",
      statements: [statement("select id from agents where id in ($1, $2)", agentId, other)],
    });
    expect(rows?.rows).toEqual([[agentId]]);
  });
});
