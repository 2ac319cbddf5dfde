import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { proveOrgScope } from "../../src/access/org-scope.ts";
import { databaseClient } from "../../src/db/client.ts";
import { updateMemberIfOwned } from "../../src/features/members/store.ts";
import { consumeLink } from "../../src/features/sessions/store.ts";
import type { LocalDatabase } from "../../src/local/database.ts";
import { addMember } from "../../src/local/admin/add-member.ts";
import { makeSignInLink } from "../../src/local/admin/make-sign-in-link.ts";
import type { RunAsAdmin } from "../../src/local/admin/act.ts";
import { startRealPostgres, type RealPostgres } from "../../src/local/real-postgres.ts";
import { runBatch } from "../../src/local/sql-batch.ts";
import { importTagKey } from "../../src/access/api-key.ts";
import { readTaggedToken } from "../../src/access/tagged-token.ts";
import { skipsRealPostgres } from "../support/real-postgres.node.ts";
import { asApp, enter, event, newOrganization, statement } from "../support/raw-sql.node.ts";

// The Worker's own statements, at the same moment, on a PostgreSQL server: on PGlite transactions never overlap.

const skip = await skipsRealPostgres();
const { writer: orm } = databaseClient({ databaseUrl: "postgresql://app:secret@127.0.0.1:1/armalo", databaseEndpoint: undefined });
const built = (query: { toSQL(): { sql: string; params: unknown[] } }) => {
  const { sql, params } = query.toSQL();
  return statement(sql, ...params);
};

describe.skipIf(skip)("people who act at the same moment, on a PostgreSQL server", () => {
  let server: RealPostgres;
  let app: LocalDatabase;
  let run: RunAsAdmin;
  const tagKey = importTagKey(new Uint8Array(32).fill(7));
  beforeAll(async () => {
    server = await startRealPostgres({ fsync: false });
    app = await server.connectAs("armalo_app", 32);
    run = (statements) => runBatch(server.owner.pool, { role: "armalo_admin", statements });
  });
  afterAll(async () => {
    await app.close();
    await server.close();
  });

  const within = (orgId: string) => ({ orm, orgId: proveOrgScope(orgId) });
  const activate = (orgId: string, id: string) =>
    asApp(app.pool, enter(orgId), event(orgId), statement("update members set status = 'active' where id = $1", id));
  const ownerOf = async (orgId: string, name: string): Promise<string> => {
    const id = await addMember(run, { orgId, email: `${name}@example.com`, name, role: "owner" });
    await activate(orgId, id);
    return id;
  };
  const activeOwners = async (orgId: string): Promise<number> => {
    const { rows } = await server.owner.pool.query(
      "select count(*)::int as n from members where org_id = $1 and role = 'owner' and status = 'active'",
      [orgId],
    );
    return rows[0].n;
  };
  const removal = () => {
    const now = new Date();
    return { status: "removed", removedAt: now, updatedAt: now } as const;
  };

  it("leaves one owner where all remove or demote each other", async () => {
    for (let round = 0; round < 10; round += 1) {
      const orgId = await newOrganization(server.owner.pool);
      const owners = await Promise.all(["a", "b", "c", "d"].map((name) => ownerOf(orgId, `${name}${round}`)));
      const changes = owners.map((id, at) =>
        updateMemberIfOwned(within(orgId), { id, revision: 1 }, at % 2 === 0 ? removal() : { role: "viewer", updatedAt: new Date() }),
      );
      const ended = await Promise.allSettled(changes.map((change) => asApp(app.pool, enter(orgId), event(orgId), built(change))));
      const refused = ended.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
      expect(refused).toEqual([expect.objectContaining({ code: "AR409" })]);
      expect(await activeOwners(orgId)).toBe(1);
    }
  });

  it("lets one of a hundred use a sign-in link", async () => {
    const orgId = await newOrganization(server.owner.pool);
    await ownerOf(orgId, "ada");
    const { token } = await makeSignInLink(run, await tagKey, { email: "ada@example.com", orgId: undefined });
    const claim = (await readTaggedToken(await tagKey, "signInLink", token)) ?? expect.fail("not ours");
    const use = () => asApp(app.pool, enter(orgId), event(orgId), built(consumeLink(within(orgId), claim, new Date())));
    const ended = await Promise.allSettled(Array.from({ length: 100 }, use));
    expect(ended.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const reasons = new Set(ended.flatMap((one) => (one.status === "rejected" ? [one.reason.code] : [])));
    expect([...reasons]).toEqual(["AR409"]);
  });

  it("lets nobody in with a link while he is being removed", async () => {
    const orgId = await newOrganization(server.owner.pool);
    await ownerOf(orgId, "keeper");
    const id = await ownerOf(orgId, "grace");
    const { token } = await makeSignInLink(run, await tagKey, { email: "grace@example.com", orgId });
    const claim = (await readTaggedToken(await tagKey, "signInLink", token)) ?? expect.fail("not ours");
    const removing = asApp(app.pool, enter(orgId), event(orgId), built(updateMemberIfOwned(within(orgId), { id, revision: 1 }, removal())));
    const [removed, used] = await Promise.allSettled([
      removing,
      asApp(app.pool, enter(orgId), event(orgId), built(consumeLink(within(orgId), claim, new Date()))),
    ]);
    expect(removed.status).toBe("fulfilled");
    const again = asApp(app.pool, enter(orgId), event(orgId), built(consumeLink(within(orgId), claim, new Date())));
    await expect(again).rejects.toMatchObject({ code: "AR409" });
    if (used.status === "rejected") expect(used.reason).toMatchObject({ code: "AR409" });
  });
});
