import { describe, expect, it } from "vitest";
import { updateMemberIfOwned } from "../../src/features/members/store.ts";
import { consumeLink } from "../../src/features/sessions/store.ts";
import { addMember } from "../../src/local/admin/add-member.ts";
import { makeSignInLink } from "../../src/local/admin/make-sign-in-link.ts";
import type { RunAsAdmin } from "../../src/local/admin/act.ts";
import { runBatch } from "../../src/local/sql-batch.ts";
import { importTagKey } from "../../src/access/api-key.ts";
import { readTaggedToken } from "../../src/access/tagged-token.ts";
import { skipsRealPostgres, usePostgres } from "../support/real-postgres.node.ts";
import { asApp, enter, event, newOrganization, statement } from "../support/raw-sql.node.ts";
import { built, within } from "../support/worker-statements.node.ts";

// The Worker's own statements, at the same moment, on a PostgreSQL server: on PGlite transactions never overlap.

const skip = await skipsRealPostgres();

describe.skipIf(skip)("people who act at the same moment, on a PostgreSQL server", () => {
  const server = usePostgres();
  const tagKey = importTagKey(new Uint8Array(32).fill(7));
  const run: RunAsAdmin = (statements) => runBatch(server.owner, { role: "armalo_admin", statements });

  const activate = (orgId: string, id: string) =>
    asApp(server.app, enter(orgId), event(orgId), statement("update members set status = 'active' where id = $1", id));
  const ownerOf = async (orgId: string, name: string): Promise<string> => {
    const id = await addMember(run, { orgId, email: `${name}@example.com`, name, role: "owner" });
    await activate(orgId, id);
    return id;
  };
  const activeOwners = async (orgId: string): Promise<number> => {
    const { rows } = await server.owner.query(
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
      const orgId = await newOrganization(server.owner);
      const owners = await Promise.all(["a", "b", "c", "d"].map((name) => ownerOf(orgId, `${name}${round}`)));
      const changes = owners.map((id, at) =>
        updateMemberIfOwned(within(orgId), { id, revision: 1 }, at % 2 === 0 ? removal() : { role: "viewer", updatedAt: new Date() }),
      );
      const ended = await Promise.allSettled(changes.map((change) => asApp(server.app, enter(orgId), event(orgId), built(change))));
      const refused = ended.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
      expect(refused).toEqual([expect.objectContaining({ code: "AR409" })]);
      expect(await activeOwners(orgId)).toBe(1);
    }
  });

  it("lets one of a hundred use a sign-in link", async () => {
    const orgId = await newOrganization(server.owner);
    await ownerOf(orgId, "ada");
    const { token } = await makeSignInLink(run, await tagKey, { email: "ada@example.com", orgId: undefined });
    const claim = (await readTaggedToken(await tagKey, "signInLink", token)) ?? expect.fail("not ours");
    const use = () => asApp(server.app, enter(orgId), event(orgId), built(consumeLink(within(orgId), claim, new Date())));
    const ended = await Promise.allSettled(Array.from({ length: 100 }, use));
    expect(ended.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const reasons = new Set(ended.flatMap((one) => (one.status === "rejected" ? [one.reason.code] : [])));
    expect([...reasons]).toEqual(["AR409"]);
  });

  it("lets nobody in with a link while he is being removed", async () => {
    const orgId = await newOrganization(server.owner);
    await ownerOf(orgId, "keeper");
    const id = await ownerOf(orgId, "grace");
    const { token } = await makeSignInLink(run, await tagKey, { email: "grace@example.com", orgId });
    const claim = (await readTaggedToken(await tagKey, "signInLink", token)) ?? expect.fail("not ours");
    const removing = asApp(
      server.app,
      enter(orgId),
      event(orgId),
      built(updateMemberIfOwned(within(orgId), { id, revision: 1 }, removal())),
    );
    const [removed, used] = await Promise.allSettled([
      removing,
      asApp(server.app, enter(orgId), event(orgId), built(consumeLink(within(orgId), claim, new Date()))),
    ]);
    expect(removed.status).toBe("fulfilled");
    const again = asApp(server.app, enter(orgId), event(orgId), built(consumeLink(within(orgId), claim, new Date())));
    await expect(again).rejects.toMatchObject({ code: "AR409" });
    if (used.status === "rejected") expect(used.reason).toMatchObject({ code: "AR409" });
  });
});
