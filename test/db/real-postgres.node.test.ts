import { describe, expect, it } from "vitest";
import { platformOrgId } from "../../src/access/platform.ts";
import { setDatabasePassword } from "../../src/local/admin/set-database-password.ts";
import { runBatch, type Batch } from "../../src/local/sql-batch.ts";
import { newId } from "../../src/platform/ids.ts";
import { asApp, enter, event, insertAgent, newAgent, newOrganization, statement } from "../support/raw-sql.node.ts";
import { skipsRealPostgres, usePostgres } from "../support/real-postgres.node.ts";
import { openExternal } from "../../src/local/database.ts";

// PGlite is one session of a superuser. What needs several writers, or an owner without rights over others, runs here.

const skip = await skipsRealPostgres();

describe.skipIf(skip)("on a PostgreSQL server, migrated by an owner who is no superuser", () => {
  const server = usePostgres();

  it("is ready for the Worker's role, which signs in as itself", async () => {
    const unready = await server.app.query("select item from app.ready(2) where not ok");
    expect(unready.rows).toEqual([]);
    const { rows } = await server.app.query("select current_user, session_user");
    expect(rows).toEqual([{ current_user: "armalo_app", session_user: "armalo_app" }]);
  });

  it("keeps the walls", async () => {
    const orgId = await newOrganization(server.owner);
    const agentId = await newAgent(server.app, orgId);
    await expect(asApp(server.app, enter(orgId), insertAgent(orgId))).rejects.toMatchObject({ code: "AR001" });
    const other = await newOrganization(server.owner);
    const [, seen] = await asApp(server.app, enter(other), statement("select id from agents"));
    expect(seen?.rows).toEqual([]);
    const [, own] = await asApp(server.app, enter(orgId), statement("select id from agents"));
    expect(own?.rows).toEqual([[agentId]]);
    await expect(server.owner.query("update audit_events set resource = 'x'")).rejects.toMatchObject({ code: "AR002" });
  });

  it.for([8, 32])("numbers the events of %i concurrent writers without a gap and without a deadlock", async (writers) => {
    const orgId = await newOrganization(server.owner);
    const writes = Array.from({ length: writers }, async () => {
      for (let made = 0; made < 10; made += 1) await asApp(server.app, enter(orgId), event(orgId), insertAgent(orgId));
    });
    await Promise.all(writes);
    const ordered = "select seq, at >= lag(at, 1, at) over (order by seq) as later from audit_events";
    const count = statement(`select count(*), max(seq), bool_and(later) from (${ordered}) e`);
    const [, counted] = await asApp(server.app, enter(orgId), count);
    const events = String(writers * 10 + 1);
    expect(counted?.rows).toEqual([[events, events, "t"]]);
  });

  it("leaves no gap where some writers fail", async () => {
    const orgId = await newOrganization(server.owner);
    const taken = newId("agent");
    const writes = Array.from({ length: 16 }, (_, index) =>
      asApp(server.app, enter(orgId), event(orgId), insertAgent(orgId, index % 2 === 0 ? taken : newId("agent"))),
    );
    const outcomes = await Promise.allSettled(writes);
    const written = outcomes.filter(({ status }) => status === "fulfilled").length;
    expect(written).toBe(9);
    const [, events] = await asApp(server.app, enter(orgId), statement("select count(*), max(seq) from audit_events"));
    expect(events?.rows).toEqual([[String(written + 1), String(written + 1)]]);
  });

  it("lets one of two writers of the same revision through, and aborts the other whole", async () => {
    const orgId = await newOrganization(server.owner);
    const agentId = await newAgent(server.app, orgId);
    const change: Batch = {
      role: "armalo_app",
      statements: [
        enter(orgId),
        event(orgId),
        statement("update agents set revision = 2 where org_id = $1 and id = $2 and revision = 1", orgId, agentId),
      ],
    };
    const conflicting: Batch = { ...change, statements: change.statements.map((one, index) => (index === 1 ? event(orgId) : one)) };
    const outcomes = await Promise.allSettled([runBatch(server.app, change), runBatch(server.app, conflicting)]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(outcomes.find(({ status }) => status === "rejected")).toMatchObject({ reason: { code: "AR409" } });
  });

  it("gets a new password for the Worker's role by an audited act of its owner, who is no superuser", async () => {
    const password = await setDatabasePassword((statements) => runBatch(server.owner, { role: "armalo_admin", statements }));
    const address = new URL(server.ownerUrl);
    address.username = "armalo_app";
    address.password = password;
    const signedIn = openExternal(address.href, 1);
    expect((await signedIn.pool.query("select current_user")).rows).toEqual([{ current_user: "armalo_app" }]);
    await signedIn.close();
    const last = statement("select action, resource from audit_events order by seq desc limit 1");
    const [, event] = await asApp(server.owner, enter(platformOrgId), last);
    expect(event?.rows).toEqual([["database_password.set", "armalo_app"]]);
  });

  it("runs the same batch read-only and at the isolation level that it asks for", async () => {
    const orgId = await newOrganization(server.owner);
    const asked = { role: "armalo_app", isolation: "repeatable read", readOnly: true } as const;
    const [, level] = await runBatch(server.app, { ...asked, statements: [enter(orgId), statement("show transaction_isolation")] });
    expect(level?.rows).toEqual([["repeatable read"]]);
    await expect(runBatch(server.app, { ...asked, statements: [enter(orgId), event(orgId)] })).rejects.toMatchObject({ code: "25006" });
  });
});
