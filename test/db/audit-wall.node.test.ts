import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type pg from "pg";
import { runBatch } from "../../src/local/sql-batch.ts";
import { openTestDatabase } from "../support/harness-database.node.ts";
import { asApp, enter, event, insertAgent, newAgent, newOrganization, statement } from "../support/raw-sql.node.ts";

const unaudited = { code: "AR001" };
const immutable = { code: "AR002" };
const unmatched = { code: "AR409" };
const wrongContext = { code: "AR503" };

let pool: pg.Pool;
let close: () => Promise<void>;
beforeAll(async () => ({ pool, close } = await openTestDatabase()));
afterAll(() => close());

const lastEvent = async (orgId: string): Promise<Record<string, unknown>> => {
  const { rows } = await pool.query("select * from audit_events where org_id = $1 order by seq desc limit 1", [orgId]);
  return rows[0];
};

describe("a change without its audit event", () => {
  it("is refused, whether it inserts, updates or deletes", async () => {
    const orgId = await newOrganization(pool);
    const agentId = await newAgent(pool, orgId);
    await expect(asApp(pool, enter(orgId), insertAgent(orgId))).rejects.toMatchObject(unaudited);
    await expect(asApp(pool, enter(orgId), statement("update agents set name = 'x' where id = $1", agentId))).rejects.toMatchObject(
      unaudited,
    );
    await pool.query("grant delete on agents to armalo_app");
    await expect(asApp(pool, enter(orgId), statement("delete from agents where id = $1", agentId))).rejects.toMatchObject(unaudited);
    await pool.query("revoke delete on agents from armalo_app");
  });

  it("is refused although an event came in an earlier transaction", async () => {
    const orgId = await newOrganization(pool);
    await asApp(pool, enter(orgId), event(orgId));
    await expect(asApp(pool, enter(orgId), insertAgent(orgId))).rejects.toMatchObject(unaudited);
  });

  it("is refused although its event follows", async () => {
    const orgId = await newOrganization(pool);
    await expect(asApp(pool, enter(orgId), insertAgent(orgId), event(orgId))).rejects.toMatchObject(unaudited);
  });

  it("is refused although its event stood in a savepoint that was rolled back", async () => {
    const orgId = await newOrganization(pool);
    const attempt = asApp(
      pool,
      enter(orgId),
      statement("savepoint s"),
      event(orgId),
      statement("rollback to savepoint s"),
      insertAgent(orgId),
    );
    await expect(attempt).rejects.toMatchObject(unaudited);
  });

  it("is refused although a setting claims that there was one", async () => {
    const orgId = await newOrganization(pool);
    const claim = statement("select set_config('app.audited', 'on', true), set_config('app.may_match_none', 'on', true)");
    await expect(asApp(pool, enter(orgId), claim, insertAgent(orgId))).rejects.toMatchObject(unaudited);
  });

  it("is refused when only another organization's event is there", async () => {
    const [mine, other] = [await newOrganization(pool), await newOrganization(pool)];
    await expect(asApp(pool, enter(mine), event(other), insertAgent(mine))).rejects.toMatchObject(wrongContext);
  });

  it("cannot license itself by writing the organization's head", async () => {
    const orgId = await newOrganization(pool);
    const forged = statement("update audit_heads set last_xid = pg_current_xact_id(), last_at = transaction_timestamp()");
    await expect(asApp(pool, enter(orgId), forged)).rejects.toMatchObject({ code: "42501" });
  });

  it("is refused for stored answers to repeated requests too", async () => {
    const orgId = await newOrganization(pool);
    const answer = statement(
      `insert into idempotent_answers (org_id, actor, operation, idempotency_key, fingerprint, status, sealed_body)
       values ($1, 'key:test', 'agents.create', 'k', 'f', 201, 's')`,
      orgId,
    );
    await expect(asApp(pool, enter(orgId), answer)).rejects.toMatchObject(unaudited);
    await expect(asApp(pool, enter(orgId), event(orgId), answer)).resolves.toHaveLength(3);
  });
});

describe("a new organization or a platform suite", () => {
  it("needs its event, at the latest when the transaction ends", async () => {
    const insert = statement(
      "insert into organizations (id, name, plan, environment, wrapped_data_key) values ('org_unaudited', 'x', 'free', 'test', 'k.x')",
    );
    const attempt = runBatch(pool, { role: "armalo_admin", statements: [enter("org_unaudited"), insert] });
    await expect(attempt).rejects.toMatchObject(unaudited);
  });

  it("is what it is: no id, kind or data key is the Worker's role's to change, nor any suite", async () => {
    const orgId = await newOrganization(pool);
    for (const change of ["environment = 'test'", "wrapped_data_key = 'other'", "id = 'org_other'"]) {
      const update = statement(`update organizations set ${change} where id = $1`, orgId);
      await expect(asApp(pool, enter(orgId), event(orgId), update), change).rejects.toMatchObject({ code: "42501" });
    }
    await expect(asApp(pool, enter(orgId), event(orgId), statement("delete from platform_suites"))).rejects.toMatchObject({
      code: "42501",
    });
  });

  it("leaves the Worker the plan and the name of the organization that it has entered, with an event", async () => {
    const [orgId, otherId] = [await newOrganization(pool), await newOrganization(pool)];
    const plan = (id: string) => statement("update organizations set plan = 'enterprise' where id = $1", id);
    await expect(asApp(pool, enter(orgId), plan(orgId))).rejects.toMatchObject(unaudited);
    await expect(asApp(pool, enter(orgId), event(orgId), plan(otherId))).rejects.toMatchObject({ code: "AR409" });
    await asApp(pool, enter(orgId), event(orgId), plan(orgId));
  });

  it("needs an event of the platform's own organization, not of a tenant's", async () => {
    const orgId = await newOrganization(pool);
    const suite = statement("insert into platform_suites select * from jsonb_populate_record(null::platform_suites, $1)", "{}");
    const attempt = runBatch(pool, { role: "armalo_admin", statements: [enter(orgId), event(orgId), suite] });
    await expect(attempt).rejects.toMatchObject(unaudited);
  });
});

describe("an audit event", () => {
  it("gets its sequence, time, actor and request from the database, whatever is sent", async () => {
    const orgId = await newOrganization(pool);
    const before = await lastEvent(orgId);
    const forged = statement(
      `insert into audit_events (org_id, seq, id, actor, request_id, action, resource, change, at)
       values ($1, 999, 'aud_forged', 'key:somebody', 'req_other', 'agent.created', 'r', 'c', '1999-01-01')`,
      orgId,
    );
    await asApp(pool, enter(orgId, "key:me", "req_mine"), forged);
    const written = await lastEvent(orgId);
    expect(written).toMatchObject({ id: "aud_forged", actor: "key:me", request_id: "req_mine", seq: String(Number(before["seq"]) + 1) });
    expect(Math.abs(Date.now() - Number(written["at"]))).toBeLessThan(60_000);
  });

  it("is not written before an organization was entered, nor for one that does not exist", async () => {
    const orgId = await newOrganization(pool);
    await expect(asApp(pool, event(orgId))).rejects.toMatchObject(wrongContext);
    await expect(asApp(pool, enter("org_none"), event("org_none"))).rejects.toMatchObject(wrongContext);
  });

  it("cannot be changed or deleted by the Worker's role, nor by the owner", async () => {
    const orgId = await newOrganization(pool);
    const change = "update audit_events set resource = 'x' where org_id = $1";
    const removal = "delete from audit_events where org_id = $1";
    await expect(asApp(pool, enter(orgId), statement(change, orgId))).rejects.toMatchObject({ code: "42501" });
    await expect(asApp(pool, enter(orgId), statement(removal, orgId))).rejects.toMatchObject({ code: "42501" });
    await expect(asApp(pool, enter(orgId), statement("truncate audit_events"))).rejects.toMatchObject({ code: "42501" });
    await expect(pool.query(change, [orgId])).rejects.toMatchObject(immutable);
    await expect(pool.query(removal, [orgId])).rejects.toMatchObject(immutable);
    await expect(pool.query("truncate audit_events")).rejects.toMatchObject(immutable);
  });

  it("is unique by organization, actor, operation and Idempotency-Key, and only where there is a key", async () => {
    const orgId = await newOrganization(pool);
    const keyed = (actor: string, operation: string | null, key: string | null): Promise<unknown> =>
      asApp(
        pool,
        enter(orgId, actor),
        statement(
          `insert into audit_events (org_id, id, action, resource, change, operation, idempotency_key)
           values ($1, gen_random_uuid(), 'agent.created', 'r', 'c', $2, $3)`,
          orgId,
          operation,
          key,
        ),
      );
    await keyed("key:a", "agents.create", "k");
    await expect(keyed("key:a", "agents.create", "k")).rejects.toMatchObject({ code: "23505", constraint: "audit_events_idempotency" });
    await expect(keyed("key:b", "agents.create", "k")).resolves.toBeDefined();
    await expect(keyed("key:a", "pacts.create", "k")).resolves.toBeDefined();
    await keyed("key:a", "agents.create", null);
    await expect(keyed("key:a", "agents.create", null)).resolves.toBeDefined();
    await expect(keyed("key:a", null, "k")).rejects.toMatchObject({ code: "23514" });
  });
});

describe("a change that matches no row", () => {
  it("aborts its whole transaction, the event included", async () => {
    const orgId = await newOrganization(pool);
    const before = await lastEvent(orgId);
    const stale = statement("update agents set revision = 3 where org_id = $1 and id = 'agt_none' and revision = 2", orgId);
    await expect(asApp(pool, enter(orgId), event(orgId), insertAgent(orgId), stale)).rejects.toMatchObject(unmatched);
    expect(await lastEvent(orgId)).toEqual(before);
    const { rows } = await pool.query("select from agents where org_id = $1", [orgId]);
    expect(rows).toHaveLength(0);
  });

  it("includes one that row security hid", async () => {
    const [mine, other] = [await newOrganization(pool), await newOrganization(pool)];
    const foreign = await newAgent(pool, other);
    const change = statement("update agents set name = 'taken' where id = $1", foreign);
    await expect(asApp(pool, enter(mine), event(mine), change)).rejects.toMatchObject(unmatched);
  });
});
