import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type pg from "pg";
import type { Statement } from "../../src/local/sql-batch.ts";
import { openTestDatabase } from "../support/harness-database.node.ts";
import { asApp, enter, event, newOrganization, statement } from "../support/raw-sql.node.ts";

let pool: pg.Pool;
let close: () => Promise<void>;
beforeAll(async () => ({ pool, close } = await openTestDatabase()));
afterAll(() => close());

const checkpoint = (orgId: string, size: number, kid = "kid_1"): Statement =>
  statement("insert into log_checkpoints values ($1, $2, 'root', $3, 'note', now())", orgId, size, kid);
const cosignature = (orgId: string, size: number): Statement =>
  statement("insert into log_cosignatures values ($1, $2, 'w+00000000+key', 'line', now(), now())", orgId, size);

describe("what the log has signed", () => {
  it("is added without an event, once for a size, and for no other organization", async () => {
    const [a, b] = [await newOrganization(pool), await newOrganization(pool)];
    await asApp(pool, enter(a), checkpoint(a, 1));
    await expect(asApp(pool, enter(a), checkpoint(a, 1))).rejects.toMatchObject({ code: "23505" });
    await expect(asApp(pool, enter(a), checkpoint(b, 1))).rejects.toMatchObject({ code: "42501" });
    await expect(asApp(pool, enter(a), checkpoint(a, 0))).rejects.toMatchObject({ code: "23514" });
    const [, seen] = await asApp(pool, enter(b), statement("select count(*) from log_checkpoints"));
    expect(seen?.rows).toEqual([["0"]]);
  });

  it("is never changed or removed, also not by the owner", async () => {
    const orgId = await newOrganization(pool);
    await asApp(pool, enter(orgId), checkpoint(orgId, 1));
    for (const change of ["update log_checkpoints set root = 'other'", "delete from log_checkpoints", "truncate log_checkpoints cascade"]) {
      await expect(pool.query(change), change).rejects.toMatchObject({ code: "AR002" });
      await expect(asApp(pool, enter(orgId), statement(change)), change).rejects.toMatchObject({ code: "42501" });
    }
  });

  it("is co-signed only with an event, and only where there is such a checkpoint", async () => {
    const orgId = await newOrganization(pool);
    await asApp(pool, enter(orgId), checkpoint(orgId, 1));
    await expect(asApp(pool, enter(orgId), cosignature(orgId, 1))).rejects.toMatchObject({ code: "AR001" });
    await expect(asApp(pool, enter(orgId), event(orgId), cosignature(orgId, 2))).rejects.toMatchObject({ code: "23503" });
    await asApp(pool, enter(orgId), event(orgId), cosignature(orgId, 1));
    await expect(asApp(pool, enter(orgId), event(orgId), cosignature(orgId, 1))).rejects.toMatchObject({ code: "23505" });
  });
});

describe("app.log_head", () => {
  it("counts the events of the organization that was entered, and of no other", async () => {
    const orgId = await newOrganization(pool);
    const head = statement("select app.log_head()");
    const [, , counted] = await asApp(pool, enter(orgId), event(orgId), head);
    expect(counted?.rows).toEqual([["2"]]);
    const [outside] = await asApp(pool, head);
    expect(outside?.rows).toEqual([[null]]);
  });
});

describe("app.unlogged", () => {
  const unlogged = async (kid: string, before: string): Promise<unknown[]> => {
    const [result] = await asApp(pool, statement("select org_id from app.unlogged($1, $2, 500)", kid, before));
    return result?.rows.flat() ?? [];
  };

  it("finds organizations with an event that waits for a checkpoint since before the time given", async () => {
    const orgId = await newOrganization(pool);
    expect(await unlogged("kid_1", "infinity")).toContain(orgId);
    expect(await unlogged("kid_1", "2020-01-01")).not.toContain(orgId);
    await asApp(pool, enter(orgId), checkpoint(orgId, 1));
    expect(await unlogged("kid_1", "infinity")).not.toContain(orgId);
    await asApp(pool, enter(orgId), event(orgId));
    expect(await unlogged("kid_1", "infinity")).toContain(orgId);
  });

  it("finds those whose newest checkpoint another key signed", async () => {
    const orgId = await newOrganization(pool);
    await asApp(pool, enter(orgId), checkpoint(orgId, 1, "kid_1"));
    expect(await unlogged("kid_2", "2020-01-01")).toContain(orgId);
    await asApp(pool, enter(orgId), event(orgId), checkpoint(orgId, 2, "kid_2"));
    expect(await unlogged("kid_2", "2020-01-01")).not.toContain(orgId);
  });

  it("finds one whose next event is gone, however young its others are", async () => {
    const orgId = await newOrganization(pool);
    await asApp(pool, enter(orgId), event(orgId));
    const client = await pool.connect();
    try {
      await client.query(
        `begin; set local session_replication_role = replica; delete from audit_events where org_id = '${orgId}' and seq = 1; commit`,
      );
    } finally {
      client.release();
    }
    expect(await unlogged("kid_1", "2020-01-01")).toContain(orgId);
  });

  it("returns no more than it is asked for, and can do nothing else: its role sees the order of events, not what they say", async () => {
    await newOrganization(pool);
    await newOrganization(pool);
    const [one] = await asApp(pool, statement("select org_id from app.unlogged('none', 'infinity', 1)"));
    expect(one?.rows).toHaveLength(1);
    const columns = await pool.query(
      `select attname from pg_attribute where attrelid = 'audit_events'::regclass and attnum > 0 and has_column_privilege('armalo_system', attrelid, attnum, 'select') order by 1`,
    );
    expect(columns.rows.map(({ attname }) => attname)).toEqual(["at", "org_id", "seq"]);
  });
});
