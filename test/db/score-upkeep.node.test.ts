import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { migrationsFolder } from "../../src/local/migrate.ts";
import { asApp, enter, event, newAgent, newOrganization, statement } from "../support/raw-sql.node.ts";
import { skipsRealPostgres, usePostgres } from "../support/real-postgres.node.ts";

const skip = await skipsRealPostgres();

describe.skipIf(skip)("the migration that brings the upkeep of scores, run by an owner who is no superuser", () => {
  const server = usePostgres(1);

  it("plans a look at every score that is there already, and none at agents without one", async () => {
    const pool = server.owner;
    await pool.query(
      `drop trigger watched on agents; drop trigger watched_version on agents; drop function app.watch_score();
       drop function app.due_scores(timestamptz, integer, integer); drop table score_upkeep`,
    );
    const orgId = await newOrganization(pool);
    const [scored, bare] = [await newAgent(pool, orgId), await newAgent(pool, orgId)];
    const score =
      "insert into scores (org_id, id, agent_id, document, version_number, runs_on_record, computed_at) values ($1, $2, $3, '{}', 1, 1, now())";
    for (const id of ["scr_1", "scr_2"]) await asApp(pool, enter(orgId), event(orgId), statement(score, orgId, id, scored));

    for (const part of (await readFile(join(migrationsFolder, "0007_score_upkeep.sql"), "utf8")).split("--> statement-breakpoint")) {
      await pool.query(part);
    }
    const [, upkeep] = await asApp(pool, enter(orgId), statement("select agent_id, due_at is not null from score_upkeep order by due_at"));
    expect(upkeep?.rows).toEqual([
      [scored, "t"],
      [bare, "f"],
    ]);
    const forced = await pool.query("select relname from pg_class where relname in ('agents', 'scores') and not relforcerowsecurity");
    expect(forced.rows).toEqual([]);
  });
});
