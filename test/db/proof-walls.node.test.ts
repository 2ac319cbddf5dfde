import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type pg from "pg";
import { runBatch, type Statement } from "../../src/local/sql-batch.ts";
import { newId } from "../../src/platform/ids.ts";
import { openTestDatabase } from "../support/harness-database.node.ts";
import { asApp, enter, event, newAgent, newOrganization, statement } from "../support/raw-sql.node.ts";

let pool: pg.Pool;
let close: () => Promise<void>;
beforeAll(async () => ({ pool, close } = await openTestDatabase()));
afterAll(() => close());

const attestation = (orgId: string, agentId: string, id: string = newId("attestation")): Statement =>
  statement(
    `insert into attestations (org_id, id, agent_id, kind, about, statement, dsse_signature, digest, kid, event_seq, requested_by, issued_at, expires_at, revision)
     values ($1, $2, $3, 'score', $3, 'jws', 'sig', 'sha256:x', 'kid', 999, 'key:test', now(), now() + interval '1 day', 1)`,
    orgId,
    id,
    agentId,
  );
const receipt = (orgId: string, agentId: string, number: number): Statement =>
  statement(
    `insert into receipts (org_id, id, agent_id, number, action, about, mode, disposition, statement, dsse_signature, digest, kid, event_seq, issued_at)
     values ($1, $2, $3, $4, 'act', 'it', 'production', 'denied', 'jws', 'sig', 'sha256:x', 'kid', 999, now())`,
    orgId,
    newId("receipt"),
    agentId,
    number,
  );
const share = (orgId: string, attestationId: string, hash: string, expires: string): Statement =>
  statement(
    `insert into attestation_shares values ($1, $2, $3, $4, 'key:test', now() + $5::interval, now())`,
    orgId,
    newId("share"),
    attestationId,
    hash,
    expires,
  );

async function world(): Promise<{ orgId: string; agentId: string }> {
  const orgId = await newOrganization(pool);
  return { orgId, agentId: await newAgent(pool, orgId) };
}

describe("a statement's row", () => {
  it("names the event of its own transaction, whatever is sent", async () => {
    const { orgId, agentId } = await world();
    await asApp(pool, enter(orgId), event(orgId), attestation(orgId, agentId));
    await asApp(pool, enter(orgId), event(orgId), receipt(orgId, agentId, 1));
    const { rows } = await pool.query(
      "select (select event_seq from attestations where org_id = $1) as attestation, (select event_seq from receipts where org_id = $1) as receipt",
      [orgId],
    );
    expect(rows).toEqual([{ attestation: "3", receipt: "4" }]);
  });

  it("changes in nothing but an attestation's revocation", async () => {
    const { orgId, agentId } = await world();
    await asApp(pool, enter(orgId), event(orgId), attestation(orgId, agentId), receipt(orgId, agentId, 1));
    const change = (text: string) => asApp(pool, enter(orgId), event(orgId), statement(text));
    for (const column of ["statement = 'x'", "digest = 'x'", "event_seq = 1", "expires_at = now() + interval '9 years'", "agent_id = 'x'"])
      await expect(change(`update attestations set ${column}`), column).rejects.toMatchObject({ code: "42501" });
    await expect(change("update receipts set effect = 'confirmed'")).rejects.toMatchObject({ code: "42501" });
    await expect(pool.query("delete from attestations")).rejects.toMatchObject({ code: "AR002" });
    await expect(pool.query("update receipts set effect = 'confirmed'")).rejects.toMatchObject({ code: "AR002" });
    await change("update attestations set revoked_at = now(), revoked_reason = 'mistaken', revision = 2");
  });
});

describe("what was signed", () => {
  it("stays so for the database's owner too, and a revocation is for good", async () => {
    const { orgId, agentId } = await world();
    const id = newId("attestation");
    await asApp(pool, enter(orgId), event(orgId), attestation(orgId, agentId, id));
    await asApp(
      pool,
      enter(orgId),
      event(orgId),
      statement("insert into agent_keys values ($1, $2, 'kid', 'x', null, 1, now())", orgId, agentId),
    );
    const entered = statement(
      "select set_config('app.org_id', $1, true), set_config('app.actor', 'x', true), set_config('app.request_id', 'x', true)",
      orgId,
    );
    const asOwner = (text: string) => runBatch(pool, { role: "postgres", statements: [entered, event(orgId), statement(text)] });
    for (const column of [
      "statement = 'x'",
      "digest = 'x'",
      "event_seq = 1",
      "expires_at = now() + interval '2 days'",
      "issued_at = now() - interval '1 day'",
    ])
      await expect(asOwner(`update attestations set ${column} where id = '${id}'`), column).rejects.toMatchObject({ code: "AR002" });
    await expect(asOwner("update agent_keys set x = 'y'")).rejects.toMatchObject({ code: "AR002" });
    const change = (text: string) => asApp(pool, enter(orgId), event(orgId), statement(text));
    await change("update attestations set revoked_at = now(), revoked_reason = 'mistaken', revision = 2");
    await change("update agent_keys set revoked_at = now(), revision = 2");
    for (const back of ["revoked_at = null", "revoked_at = now() + interval '1 day'", "revoked_reason = 'other'"])
      await expect(change(`update attestations set ${back}`), back).rejects.toMatchObject({ code: "AR002" });
    await expect(change("update agent_keys set revoked_at = null")).rejects.toMatchObject({ code: "AR002" });
  });

  it("lives at most ninety days, and a link to it thirty", async () => {
    const { orgId, agentId } = await world();
    const id = newId("attestation");
    const lives = (issued: string, lifetime: string) =>
      asApp(
        pool,
        enter(orgId),
        event(orgId),
        statement(
          `insert into attestations (org_id, id, agent_id, kind, about, statement, dsse_signature, digest, kid, requested_by, issued_at, expires_at, revision)
           values ($1, $2, $3, 'score', $3, 'jws', 'sig', 'sha256:x', 'kid', 'key:test', $4::timestamptz, $4::timestamptz + $5::interval, 1)`,
          orgId,
          newId("attestation"),
          agentId,
          issued,
          lifetime,
        ),
      );
    await lives("2026-03-01T00:00:00Z", "2160 hours");
    for (const lifetime of ["2160 hours 1 millisecond", "0", "-1 day"])
      await expect(lives("2026-03-01T00:00:00Z", lifetime), lifetime).rejects.toMatchObject({ constraint: "attestations_lifetime" });
    await asApp(pool, enter(orgId), event(orgId), attestation(orgId, agentId, id), share(orgId, id, `long-${id}`, "720 hours"));
    const tooLong = asApp(pool, enter(orgId), event(orgId), share(orgId, id, `longer-${id}`, "721 hours"));
    await expect(tooLong).rejects.toMatchObject({ constraint: "attestation_shares_lifetime" });
  });

  it("of what happened is nothing that cannot have happened", async () => {
    const { orgId, agentId } = await world();
    let number = 0;
    const add = (mode: string, disposition: string, effect: string | null) =>
      asApp(
        pool,
        enter(orgId),
        event(orgId),
        statement(
          `insert into receipts (org_id, id, agent_id, number, action, about, mode, disposition, effect, statement, dsse_signature, digest, kid, issued_at)
           values ($1, $2, $3, $4, 'act', 'it', $5, $6, $7, 'jws', 'sig', 'sha256:x', 'kid', now())`,
          orgId,
          newId("receipt"),
          agentId,
          number + 1,
          mode,
          disposition,
          effect,
        ),
      ).then(() => (number += 1));
    for (const [mode, disposition, effect] of [
      ["production", "denied", "attempted"],
      ["production", "blocked", "unknown"],
      ["production", "executed", null],
      ["production", "errored", "confirmed"],
      ["production", "timed_out", "confirmed"],
      ["simulation", "executed", "confirmed"],
      ["dry_run", "executed", "confirmed"],
      ["dry_run", "executed", "attempted"],
    ] as const)
      await expect(add(mode, disposition, effect), `${mode} ${disposition} ${effect}`).rejects.toMatchObject({ code: "23514" });
    await add("production", "executed", "confirmed");
    await add("simulation", "errored", "attempted");
    await add("dry_run", "executed", "unknown");
    await add("production", "denied", null);
  });
});

describe("a chain of receipts", () => {
  it("has no gap and no fork", async () => {
    const { orgId, agentId } = await world();
    const add = (number: number) => asApp(pool, enter(orgId), event(orgId), receipt(orgId, agentId, number));
    await expect(add(2)).rejects.toMatchObject({ code: "23505", constraint: "receipts_chain" });
    await add(1);
    const late = await add(1).catch((thrown: unknown) => thrown);
    expect(late).toMatchObject({ code: "23505", constraint: "receipts_chain" });
    const told = { number: 1, digest: "sha256:x", between: ["act"] };
    expect(JSON.parse(String(late instanceof Error && "detail" in late && late.detail))).toEqual(told);
    await expect(add(3)).rejects.toMatchObject({ code: "23505", constraint: "receipts_chain" });
    await add(2);
    const other = await newAgent(pool, orgId);
    await asApp(pool, enter(orgId), event(orgId), receipt(orgId, other, 1));
  });
});

describe("a claim policy", () => {
  it("is set with an event alone, and never changed", async () => {
    const { orgId } = await world();
    const set = statement(`insert into claim_policies values ($1, 1, '{"rules": []}', 'sha256:x', 'member:test', now())`, orgId);
    await expect(asApp(pool, enter(orgId), set)).rejects.toMatchObject({ code: "AR001" });
    await asApp(pool, enter(orgId), event(orgId), set);
    await expect(asApp(pool, enter(orgId), event(orgId), set)).rejects.toMatchObject({ code: "23505" });
    for (const change of ["update claim_policies set policy = '{}'", "delete from claim_policies"])
      await expect(asApp(pool, enter(orgId), event(orgId), statement(change))).rejects.toMatchObject({ code: "42501" });
  });
});

describe("what anyone may learn", () => {
  it("through a share is one organization's, by a token whose digest is known, until it expires", async () => {
    const { orgId, agentId } = await world();
    const id = newId("attestation");
    await asApp(pool, enter(orgId), event(orgId), attestation(orgId, agentId, id), share(orgId, id, `good-${id}`, "1 hour"));
    await asApp(pool, enter(orgId), event(orgId), share(orgId, id, `over-${id}`, "-1 second"));
    const look = (hash: string) =>
      asApp(
        pool,
        statement("select app.enter_share($1, 'req_test')", hash),
        statement("select app.org(), current_setting('app.shared')"),
        statement("select id from attestations"),
      );
    const [, entered, seen] = await look(`good-${id}`);
    expect(entered?.rows).toEqual([[orgId, id]]);
    expect(seen?.rows).toEqual([[id]]);
    await expect(look(`over-${id}`)).rejects.toMatchObject({ code: "AR404" });
    await expect(look("unknown")).rejects.toMatchObject({ code: "AR404" });
  });

  it("of an organization's revocations is their ids, times and reasons, and of no organization nothing", async () => {
    const { orgId, agentId } = await world();
    const [kept, revoked] = [newId("attestation"), newId("attestation")];
    await asApp(pool, enter(orgId), event(orgId), attestation(orgId, agentId, kept), attestation(orgId, agentId, revoked));
    await asApp(
      pool,
      enter(orgId),
      event(orgId),
      statement("update attestations set revoked_at = now(), revoked_reason = 'mistaken', revision = 2 where id = $1", revoked),
    );
    const list = async (org: string, since: string) =>
      (await asApp(pool, statement(`select jsonb_path_query_array(app.status_list($1, now() + $2::interval), '$[*].id')`, org, since)))[0]
        ?.rows;
    expect(await list(orgId, "-1 day")).toEqual([[JSON.stringify([revoked])]]);
    expect(await list(orgId, "2 days")).toEqual([["[]"]]);
    expect(await list("org_unknown", "-1 day")).toEqual([[null]]);
  });
});

describe("evidence", () => {
  it("is of an eval run or of a receipt that there is", async () => {
    const { orgId, agentId } = await world();
    const evidence = (runId: string): Statement =>
      statement(
        `insert into evidence (org_id, id, agent_id, run_id, suite_digest, author, assurance, version_number, version_digest, entries, unavailable, checks, critical_failures, at)
         values ($1, $2, $3, $4, 'sha256:x', $1, 'self_run', 1, 'sha256:x', '[]', '[]', 0, 0, now())`,
        orgId,
        newId("evidence"),
        agentId,
        runId,
      );
    const add = (runId: string) => asApp(pool, enter(orgId), event(orgId), evidence(runId));
    await expect(add(newId("run"))).rejects.toMatchObject({ code: "23503" });
    await expect(add(newId("receipt"))).rejects.toMatchObject({ code: "23503" });
    await expect(add("something")).rejects.toMatchObject({ code: "23514" });
    await asApp(pool, enter(orgId), event(orgId), receipt(orgId, agentId, 1));
    const { rows } = await pool.query("select id from receipts where org_id = $1", [orgId]);
    await add(rows[0].id);
  });
});
