import { describe, expect, it } from "vitest";
import { selectReceiptHead } from "../../src/features/receipts/store.ts";
import { openTestDatabase } from "../support/harness-database.node.ts";
import { asApp, enter, event, newAgent, newOrganization, statement } from "../support/raw-sql.node.ts";
import { within } from "../support/worker-statements.node.ts";

/** The receipts of one agent, so many. */
const fill = (orgId: string, agentId: string, count: number) =>
  statement(`do $$ begin for n in 1..${count} loop
    insert into receipts (org_id, id, agent_id, number, action, about, mode, disposition, statement, dsse_signature, digest, kid, issued_at)
      values ('${orgId}', 'rcp_' || n, '${agentId}', n, 'act', 'it', 'production', 'denied', repeat('x', 1500), 'sig', 'sha256:' || n, 'kid', now());
  end loop; end $$`);

describe("the head of a chain", () => {
  it("is read without the chain, however long that is, and is none of an agent that has no receipt", async () => {
    const { pool, close } = await openTestDatabase();
    try {
      const orgId = await newOrganization(pool);
      const [agentId, fresh] = [await newAgent(pool, orgId), await newAgent(pool, orgId)];
      await asApp(pool, enter(orgId), event(orgId), fill(orgId, agentId, 3000));
      await pool.query("analyze");
      const ask = async (agent: string, explain = "") => {
        const { sql, params } = selectReceiptHead(within(orgId), agent).toSQL();
        return (await asApp(pool, enter(orgId), statement(explain + sql, ...params)))[1]?.rows ?? [];
      };
      expect((await ask(agentId)).map((row) => row.slice(3, 5))).toEqual([["3000", "sha256:3000"]]);
      expect((await ask(fresh)).map((row) => row.slice(3, 5))).toEqual([[null, null]]);
      const plan = JSON.parse((await ask(agentId, "explain (analyze, buffers, format json) "))[0]?.[0] ?? "[]");
      expect(plan[0].Plan["Shared Hit Blocks"] + plan[0].Plan["Shared Read Blocks"]).toBeLessThan(40);
    } finally {
      await close();
    }
  });
});
