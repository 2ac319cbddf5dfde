import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type pg from "pg";
import { runBatch } from "../../src/local/sql-batch.ts";
import { newId } from "../../src/platform/ids.ts";
import { openTestDatabase } from "../support/harness-database.node.ts";
import { newRawPact } from "../support/raw-pacts.node.ts";
import { asApp, enter, event, newAgent, newOrganization, statement } from "../support/raw-sql.node.ts";

let pool: pg.Pool;
let close: () => Promise<void>;
beforeAll(async () => ({ pool, close } = await openTestDatabase()));
afterAll(() => close());

const asAdmin = (...statements: Parameters<typeof asApp>[1][]) => runBatch(pool, { role: "armalo_admin", statements });
const change = (orgId: string, query: string, ...params: unknown[]) => asApp(pool, enter(orgId), event(orgId), statement(query, ...params));
const faultOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (fault: unknown) => fault,
  );

describe("app.enter_public_pact", () => {
  const entry = (pactId: string) => statement("select app.enter_public_pact($1, 'req_test')", pactId);
  const publish = (orgId: string) => change(orgId, "update agents set is_public = true where org_id = $1", orgId);

  it("enters the organization of an active pact of a public agent, for one transaction", async () => {
    const { orgId, id } = await newRawPact(pool);
    await publish(orgId);
    const seen = statement("select org_id from pacts");
    const [, entered, pacts] = await asApp(pool, entry(id), statement("select app.org()"), seen);
    expect([entered?.rows, pacts?.rows]).toEqual([[[orgId]], [[orgId]]]);
    expect((await asApp(pool, seen))[0]?.rows).toEqual([]);
  });

  it("finds none whose agent is private or archived, that is retired, a draft or unknown, each alike", async () => {
    const hidden = await newRawPact(pool);
    const archived = await newRawPact(pool);
    const retired = await newRawPact(pool);
    for (const { orgId } of [archived, retired]) await publish(orgId);
    await change(archived.orgId, "update agents set archived_at = now() where org_id = $1", archived.orgId);
    await change(retired.orgId, "update pacts set state = 'retired' where org_id = $1", retired.orgId);
    const drafted = await newOrganization(pool);
    const agentId = await newAgent(pool, drafted);
    await publish(drafted);
    await change(
      drafted,
      `insert into pacts (org_id, id, lineage_id, version, agent_id, name, conditions, state, revision, created_at, updated_at)
       values ($1, 'pct_draft', 'pct_draft', 1, $2, 'P', '[]', 'draft', 1, now(), now())`,
      drafted,
      agentId,
    );
    for (const id of [hidden.id, archived.id, retired.id, "pct_draft", "pct_unknown"])
      expect(await faultOf(asApp(pool, entry(id))), id).toMatchObject({ code: "AR404", message: "no such public pact" });
  });

  it("cannot be used to leave an organization that was entered", async () => {
    const { orgId, id } = await newRawPact(pool);
    await publish(orgId);
    await expect(asApp(pool, enter(await newOrganization(pool)), entry(id))).rejects.toMatchObject({ code: "AR503" });
  });
});

describe("app.enter_public_or_own", () => {
  const entry = (agentId: string, own: string) => statement("select app.enter_public_or_own($1, $2, 'req_test')", agentId, own);

  it("enters the organization of a public agent, and otherwise the asker's own", async () => {
    const [orgId, own] = [await newOrganization(pool), await newOrganization(pool)];
    const [open, hidden] = [await newAgent(pool, orgId), await newAgent(pool, orgId)];
    await change(orgId, "update agents set is_public = true where id = $1", open);
    const where = async (agentId: string) => (await asApp(pool, entry(agentId, own), statement("select app.org()")))[1]?.rows;
    expect(await where(open)).toEqual([[orgId]]);
    expect(await where(hidden)).toEqual([[own]]);
    expect(await where("agt_unknown")).toEqual([[own]]);
  });
});

describe("a panel that is for sale", () => {
  const entry = (panelId: string) => statement("select app.enter_sold_panel($1, 'req_test')", panelId);

  async function newPanel(): Promise<{ orgId: string; panelId: string }> {
    const orgId = await newOrganization(pool);
    const panelId = newId("judgePanel");
    await change(
      orgId,
      `insert into judge_panels (org_id, id, name, version, digest, judges, keys, revision, created_at, updated_at)
       values ($1, $2, 'Judges', 1, 'sha256:one', '[]', '{}', 1, now(), now())`,
      orgId,
      panelId,
    );
    return { orgId, panelId };
  }
  const offer = ({ orgId, panelId }: { orgId: string; panelId: string }, digest = "sha256:one") =>
    asAdmin(
      enter(orgId),
      event(orgId),
      statement("insert into sold_panels (org_id, panel_id, panel_digest, offered_at) values ($1, $2, $3, now())", orgId, panelId, digest),
    );

  it("can be entered by anyone, as it was when it was offered and while it is in service", async () => {
    const panel = await newPanel();
    const { orgId, panelId } = panel;
    const missing = { code: "AR404", message: "no such panel for sale" };
    await expect(asApp(pool, entry(panelId))).rejects.toMatchObject(missing);
    await offer(panel);
    const [, entered] = await asApp(pool, entry(panelId), statement("select app.org()"));
    expect(entered?.rows).toEqual([[orgId]]);
    await change(orgId, "update judge_panels set digest = 'sha256:two' where id = $1", panelId);
    await expect(asApp(pool, entry(panelId))).rejects.toMatchObject(missing);
    await change(orgId, "update judge_panels set digest = 'sha256:one', retired_at = now() where id = $1", panelId);
    await expect(asApp(pool, entry(panelId))).rejects.toMatchObject(missing);
    await expect(asApp(pool, entry("jpn_unknown"))).rejects.toMatchObject(missing);
  });

  it("is offered by the administrator alone, with an event, and never shows him the judges' keys", async () => {
    const { orgId, panelId } = await newPanel();
    const insert = statement(
      "insert into sold_panels (org_id, panel_id, panel_digest, offered_at) values ($1, $2, 'd', now())",
      orgId,
      panelId,
    );
    await expect(asApp(pool, enter(orgId), event(orgId), insert)).rejects.toMatchObject({ code: "42501" });
    await expect(asApp(pool, enter(orgId), statement("select from sold_panels"))).rejects.toMatchObject({ code: "42501" });
    await expect(asAdmin(enter(orgId), insert)).rejects.toMatchObject({ code: "AR001" });
    await expect(asAdmin(enter(orgId), statement("select keys from judge_panels"))).rejects.toMatchObject({ code: "42501" });
    const [found] = await asAdmin(statement("select app.organization_of_panel($1)", panelId));
    expect(found?.rows).toEqual([[orgId]]);
    await expect(asApp(pool, statement("select app.organization_of_panel($1)", panelId))).rejects.toMatchObject({ code: "42501" });
  });
});
