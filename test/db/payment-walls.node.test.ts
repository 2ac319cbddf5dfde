import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type pg from "pg";
import { platformOrgId } from "../../src/access/platform.ts";
import type { Statement } from "../../src/local/sql-batch.ts";
import { openTestDatabase } from "../support/harness-database.node.ts";
import { asApp, enter, event, newOrganization, statement } from "../support/raw-sql.node.ts";

let pool: pg.Pool;
let close: () => Promise<void>;
beforeAll(async () => ({ pool, close } = await openTestDatabase()));
afterAll(() => close());

const payment = (orgId: string, id: string, outcome = "delivered"): Statement =>
  statement(
    `insert into payments (org_id, id, network, asset, payer, pay_to, amount, transaction, nonce, operation, resource, outcome, settled_at, revision, updated_at)
     values ($1, $2, 'eip155:84532', '0xa', '0xb', '0xc', '1000', '0xd', '0xe', 'scores.get', 'https://x.test/', $3, now(), 1, now())`,
    orgId,
    id,
    outcome,
  );
const update = (id: string, change: string): Statement =>
  statement(`update payments set ${change}, revision = revision + 1 where id = $1`, id);
const write = (orgId: string, ...statements: Statement[]) => asApp(pool, enter(orgId), event(orgId), ...statements);

describe("the rows of payments", () => {
  it("are the platform's alone, and none is written without an event", async () => {
    const orgId = await newOrganization(pool);
    await expect(write(orgId, payment(orgId, "pay_1"))).rejects.toThrow(/payments_platform/);
    await expect(asApp(pool, enter(platformOrgId), payment(platformOrgId, "pay_1"))).rejects.toThrow(/unaudited/);
    await write(platformOrgId, payment(platformOrgId, "pay_1"));
    const [, seen] = await asApp(pool, enter(orgId), statement("select id from payments"));
    expect(seen?.rows).toEqual([]);
  });

  it("keep their terms, go from credited to delivered to reversed and never back, and are never deleted", async () => {
    await write(platformOrgId, payment(platformOrgId, "pay_2", "credited"));
    await write(platformOrgId, update("pay_2", "outcome = 'delivered'"));
    await expect(write(platformOrgId, update("pay_2", "outcome = 'credited'"))).rejects.toThrow(/keeps its terms/);
    await expect(write(platformOrgId, update("pay_2", "amount = '1'"))).rejects.toThrow(/permission denied/);
    await expect(pool.query("update payments set amount = '1' where id = 'pay_2'")).rejects.toThrow();
    await write(platformOrgId, update("pay_2", "outcome = 'reversed'"));
    await expect(write(platformOrgId, update("pay_2", "outcome = 'delivered'"))).rejects.toThrow(/stays so/);
    await expect(pool.query("delete from payments")).rejects.toThrow(/not allowed/);
  });
});
