import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type pg from "pg";
import { runBatch } from "../../src/local/sql-batch.ts";
import { openTestDatabase } from "../support/harness-database.node.ts";
import { asApp, enter, event, newAgent, newOrganization, statement } from "../support/raw-sql.node.ts";

let pool: pg.Pool;
let close: () => Promise<void>;
beforeAll(async () => ({ pool, close } = await openTestDatabase()));
afterAll(() => close());

const queueRun = async (orgId: string, id: string, status: string, updatedAt: string): Promise<void> => {
  const agentId = await newAgent(pool, orgId);
  const row = { org_id: orgId, id, agent_id: agentId, status, updated_at: updatedAt };
  const defaults = `agent_version_number, agent_version_digest, suite_id, suite_digest, suite_author, mode, concurrency, requested_by, counts, reason_codes, created_at, floor, recorded_cases`;
  await asApp(
    pool,
    enter(orgId),
    event(orgId),
    statement(
      `insert into eval_runs (org_id, id, agent_id, status, updated_at, ${defaults})
       select org_id, id, agent_id, status, updated_at, 1, 'd', 's', 'd', 'platform', 'production', 1, 'key:k', '{}', '[]', now(), 0.6, 0
         from jsonb_populate_record(null::eval_runs, $1)`,
      JSON.stringify(row),
    ),
  );
};

describe("what crosses tenants", () => {
  it("finds the runs that nobody has touched, as identifiers, the oldest first", async () => {
    const [a, b] = [await newOrganization(pool), await newOrganization(pool)];
    await queueRun(a, "evl_2", "running", "2026-01-02T00:00:00Z");
    await queueRun(b, "evl_1", "queued", "2026-01-01T00:00:00Z");
    await queueRun(b, "evl_3", "completed", "2026-01-01T00:00:00Z");
    await queueRun(b, "evl_4", "running", "2026-01-03T00:00:00Z");
    const open = (most: number): Promise<unknown> =>
      asApp(pool, statement("select org_id, id from app.open_runs('2026-01-03', $1)", most)).then(([result]) => result?.rows);
    expect(await open(10)).toEqual([
      [b, "evl_1"],
      [a, "evl_2"],
    ]);
    expect(await open(1)).toEqual([[b, "evl_1"]]);
  });

  it("finds the scores that are due, the longest waiting of each organization before the second of any", async () => {
    const [many, few] = [await newOrganization(pool), await newOrganization(pool)];
    const dueAt = async (orgId: string, at: string | null): Promise<string> => {
      const agentId = await newAgent(pool, orgId);
      const change = "update score_upkeep set revision = revision + 1, due_at = $3 where org_id = $1 and agent_id = $2";
      if (at !== null) await asApp(pool, enter(orgId), statement(change, orgId, agentId, at));
      return agentId;
    };
    const waiting: string[] = [];
    for (const day of ["03", "01", "02"]) waiting.push(await dueAt(many, `2026-01-${day}T00:00:00Z`));
    const only = await dueAt(few, "2026-01-04T00:00:00Z");
    await dueAt(few, "2026-01-06T00:00:00Z");
    await dueAt(few, null);
    const due = (most: number, each: number): Promise<unknown> =>
      asApp(pool, statement("select org_id, agent_id from app.due_scores('2026-01-05', $1, $2)", most, each)).then(
        ([result]) => result?.rows,
      );
    const [third, first, second] = waiting.map((agentId) => [many, agentId]);
    expect(await due(10, 10)).toEqual([first, [few, only], second, third]);
    expect(await due(10, 1)).toEqual([first, [few, only]]);
    expect(await due(3, 10)).toEqual([first, [few, only], second]);
  });

  it("removes only what is past its time, and says how much", async () => {
    const orgId = await newOrganization(pool);
    const failure = (id: string, age: string): ReturnType<typeof statement> =>
      statement(
        `insert into request_failures values ($1, $2, 'agents.get', 'key:k', 404, 'not_found', 'x', now() - $3::interval)`,
        orgId,
        id,
        age,
      );
    const answer = (key: string, age: string): ReturnType<typeof statement> =>
      statement(
        `insert into idempotent_answers values ($1, 'key:k', 'agents.create', $2, 'f', 201, 's', now() - $3::interval)`,
        orgId,
        key,
        age,
      );
    await asApp(
      pool,
      enter(orgId),
      event(orgId),
      failure("req_old", "30 days 1 minute"),
      failure("req_new", "29 days 23 hours"),
      answer("old", "24 hours 1 minute"),
      answer("new", "23 hours 59 minutes"),
    );
    const [purged] = await asApp(pool, statement("select failures, answers from app.purge()"));
    expect(purged?.rows).toEqual([["1", "1"]]);
    const kept = await pool.query(
      "select request_id as id from request_failures where org_id = $1 union all select idempotency_key from idempotent_answers where org_id = $1",
      [orgId],
    );
    expect(kept.rows).toEqual([{ id: "req_new" }, { id: "new" }]);
  });

  it("lists organizations for the administrator, the platform's own left out, and not for the Worker", async () => {
    const orgId = await newOrganization(pool);
    const list = statement("select org_id from app.organization_ids()");
    const [ids] = await runBatch(pool, { role: "armalo_admin", statements: [list] });
    expect(ids?.rows).toContainEqual([orgId]);
    expect(ids?.rows).not.toContainEqual(["org_0000000000000000000000"]);
    await expect(asApp(pool, list)).rejects.toMatchObject({ code: "42501" });
  });

  it("finds where a person is a member, or was one whose name is still kept, and nobody else", async () => {
    const [here, left, erased, elsewhere] = await Promise.all([1, 2, 3, 4].map(() => newOrganization(pool)));
    const member = (orgId: string, id: string, user: string, status: string, profile: boolean): Promise<unknown> =>
      asApp(
        pool,
        enter(orgId),
        event(orgId),
        statement(
          `insert into members (org_id, id, role, status, external_id, revision, removed_at, created_at, updated_at)
           values ($1, $2, 'viewer', $4, $3, 1, case when $4 = 'removed' then now() end, now(), now())`,
          ...[orgId, id, user, status],
        ),
        ...(profile
          ? [
              statement(
                "insert into member_profiles (org_id, member_id, salt, email, updated_at) values ($1, $2, 's', $2, now())",
                orgId,
                id,
              ),
            ]
          : []),
      );
    await member(here ?? "", "mbr_1", "user_known", "active", true);
    await member(left ?? "", "mbr_2", "user_known", "removed", true);
    await member(erased ?? "", "mbr_3", "user_known", "removed", false);
    await member(elsewhere ?? "", "mbr_4", "user_other", "active", true);
    const known = (most: number): Promise<unknown> =>
      asApp(pool, statement("select org_id, id from app.known_as('user_known', $1)", most)).then(([result]) => result?.rows);
    const both = [
      [here, "mbr_1"],
      [left, "mbr_2"],
    ].toSorted();
    expect(await known(10)).toEqual(both);
    expect(await known(1)).toEqual(both.slice(0, 1));
    const ask = (query: string) => runBatch(pool, { role: "armalo_system", statements: [statement(query)] });
    await expect(ask("select email from member_profiles")).rejects.toMatchObject({ code: "42501" });
    await expect(ask("select role from members")).rejects.toMatchObject({ code: "42501" });
  });

  it("can do nothing else: the role that owns these functions sees no evidence, and of an agent no more than whose it is", async () => {
    const ask = (query: string) => runBatch(pool, { role: "armalo_system", statements: [statement(query)] });
    await expect(ask("select from evidence")).rejects.toMatchObject({ code: "42501" });
    await expect(ask("select name from agents")).rejects.toMatchObject({ code: "42501" });
  });
});

describe("app.ready", () => {
  const unready = async (): Promise<unknown> => {
    const [result] = await asApp(pool, statement("select item from app.ready(2) where not ok"));
    return result?.rows.flat();
  };

  it("finds nothing wrong with a migrated database", async () => {
    expect(await unready()).toEqual([]);
  });

  it("names row security that is not forced, a table that the role owns, and a migration that is missing", async () => {
    await pool.query("alter table agents no force row level security");
    expect(await unready()).toEqual(["row security is forced on every table of tenants"]);
    await pool.query("alter table agents force row level security; create table mine (id text); alter table mine owner to armalo_app");
    expect(await unready()).toEqual(["role owns no table", "row security is forced on every table of tenants"]);
    await pool.query("drop table mine");
    const [late] = await asApp(pool, statement("select item from app.ready(1000) where not ok"));
    expect(late?.rows).toEqual([["migrations are applied"]]);
    const [mighty] = await runBatch(pool, { role: "postgres", statements: [statement("select item from app.ready(2) where not ok")] });
    expect(mighty?.rows).toContainEqual(["role is bound by row security"]);
  });
});

describe("a pact that was activated", () => {
  it("keeps its conditions, whoever asks, and may still be retired", async () => {
    const orgId = await newOrganization(pool);
    const agentId = await newAgent(pool, orgId);
    await asApp(
      pool,
      enter(orgId),
      event(orgId),
      statement(
        `insert into pacts (org_id, id, lineage_id, version, agent_id, name, conditions, state, revision, created_at, updated_at)
         values ($1, 'pct_1', 'pct_1', 1, $2, 'P', '[]', 'draft', 1, now(), now())`,
        orgId,
        agentId,
      ),
    );
    const change = (set: string): Promise<unknown> =>
      asApp(pool, enter(orgId), event(orgId), statement(`update pacts set ${set} where org_id = $1 and id = 'pct_1'`, orgId));
    await change(`conditions = '[{"id": "c1"}]'`);
    await change("state = 'active', digest = 'sha256:x', activated_at = now()");
    await expect(change("conditions = '[]'")).rejects.toMatchObject({ code: "AR002" });
    await expect(change("digest = 'sha256:y'")).rejects.toMatchObject({ code: "AR002" });
    await expect(change("state = 'retired', revision = 2")).resolves.toBeDefined();
  });
});
