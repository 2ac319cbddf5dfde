import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type pg from "pg";
import { consumeStatement } from "../../src/features/approvals/store.ts";
import { approvalStatuses } from "../../src/grants/approval.ts";
import { mayFollow } from "../../src/features/approvals/approval.ts";
import { openTestDatabase } from "../support/harness-database.node.ts";
import { skipsRealPostgres, usePostgres } from "../support/real-postgres.node.ts";
import { newApproval, type RawApproval } from "../support/raw-approvals.node.ts";
import { asApp, enter, event, newAgent, newOrganization, statement } from "../support/raw-sql.node.ts";
import { built, within } from "../support/worker-statements.node.ts";

// What the database itself holds approvals to, whatever the Worker sends.

const change = (pool: pg.Pool, { orgId, id }: RawApproval, set: string): Promise<unknown> =>
  asApp(pool, enter(orgId), event(orgId), statement(`update approvals set ${set} where org_id = $1 and id = $2`, orgId, id));

describe("the database", () => {
  let pool: pg.Pool;
  let close: () => Promise<void>;
  let orgId: string;
  beforeAll(async () => {
    ({ pool, close } = await openTestDatabase());
    orgId = await newOrganization(pool);
  });
  afterAll(() => close());

  /** What each state needs to be written at all. */
  const with_: Readonly<Record<string, string>> = {
    approved: ", decided_by = 'member:m', decided_at = '2026-01-01'",
    denied: ", decided_by = 'member:m', decided_at = '2026-01-01'",
    consumed: ", decided_by = 'member:m', decided_at = '2026-01-01', consumed_by = 'inv_2', consumed_at = now()",
  };

  it.each(approvalStatuses)("lets %s become exactly what the rules let it become", async (from) => {
    for (const to of approvalStatuses.filter((status) => status !== from)) {
      const moved = change(pool, await newApproval(pool, orgId, { status: from }), `status = '${to}'${with_[to] ?? ""}`);
      if (mayFollow(from, to)) await moved;
      else await expect(moved, `${from} to ${to}`).rejects.toMatchObject({ code: expect.stringMatching(/^(AR002|23514)$/) });
    }
  });

  it("has nobody but a member decide", async () => {
    for (const by of ["key:k", "agent:a", "system:s", ""])
      await expect(
        change(
          pool,
          await newApproval(pool, orgId, { status: "pending" }),
          `status = 'approved', decided_by = '${by}', decided_at = now()`,
        ),
      ).rejects.toMatchObject({ code: "23514", constraint: "approvals_person" });
    const undecided = change(pool, await newApproval(pool, orgId, { status: "pending" }), "status = 'approved'");
    await expect(undecided).rejects.toMatchObject({ constraint: "approvals_decided" });
  });

  it("keeps who decided, when, and what was written to it", async () => {
    for (const set of ["decided_by = 'member:other'", "decided_at = now()", "sealed_note = 'later'"])
      await expect(change(pool, await newApproval(pool, orgId, { status: "approved" }), set), set).rejects.toMatchObject({ code: "AR002" });
    const early = change(pool, await newApproval(pool, orgId, { status: "pending" }), "sealed_note = 'early'");
    await expect(early).rejects.toMatchObject({ constraint: "approvals_note" });
  });

  it("lets nobody swap what is approved, by whom it was asked for, or for how long", async () => {
    const columns = ["action_digest", "request_digest", "sealed_preview", "preview_digest", "invocation_id", "requested_by"];
    const sets = [...columns.map((column) => `${column} = 'other'`), "four_eyes = true", "expires_at = now() + interval '1 year'"];
    for (const set of sets)
      await expect(change(pool, await newApproval(pool, orgId, { status: "pending" }), set), set).rejects.toMatchObject({ code: "42501" });
    const gone = asApp(pool, enter(orgId), event(orgId), statement("delete from approvals where org_id = $1", orgId));
    await expect(gone).rejects.toThrow();
  });

  it("takes no use that is too late", async () => {
    const late = await newApproval(pool, orgId, { status: "approved", expires: "-1 second" });
    await expect(change(pool, late, "status = 'consumed', consumed_by = 'inv_2', consumed_at = now()")).rejects.toMatchObject({
      constraint: "approvals_consumable",
    });
  });

  it("keeps which call used an approval up", async () => {
    for (const set of ["consumed_by = 'inv_3'", "consumed_at = '2025-01-01'"])
      await expect(change(pool, await newApproval(pool, orgId, { status: "consumed" }), set), set).rejects.toMatchObject({ code: "AR002" });
  });

  it("keeps who registered an agent", async () => {
    const agentId = await newAgent(pool, orgId);
    await expect(
      asApp(pool, enter(orgId), event(orgId), statement("update agents set registered_by = 'member:other' where id = $1", agentId)),
    ).rejects.toMatchObject({ code: "AR002" });
  });

  it("finds whose time is over across tenants, as identifiers, and of each the first before the second of any", async () => {
    const [many, few] = [await newOrganization(pool), await newOrganization(pool)];
    const over: RawApproval[] = [];
    for (const [org, status, hours] of [
      [many, "pending", 5],
      [many, "approved", 4],
      [many, "proposed", 3],
      [few, "pending", 2],
    ] as const)
      over.push(await newApproval(pool, org, { status, expires: `-${hours} hours` }));
    await newApproval(pool, few, { status: "cancelled", expires: "-9 hours" });
    await newApproval(pool, few, { status: "pending", expires: "9 hours" });
    const due = (most: number, each: number): Promise<unknown> =>
      asApp(pool, statement("select org_id, id from app.due_approvals(now(), $1, $2)", most, each)).then(([result]) =>
        result?.rows.filter(([org]) => org === many || org === few),
      );
    const named = over.map((one) => [one.orgId, one.id]);
    expect(await due(500, 100)).toEqual([named[0], named[3], named[1], named[2]]);
    expect(await due(500, 1)).toEqual([named[0], named[3]]);
  });
});

const skip = await skipsRealPostgres();

describe.skipIf(skip)("an approval, on a PostgreSQL server", () => {
  const server = usePostgres();

  it("is used by exactly one of a hundred at once", async () => {
    const orgId = await newOrganization(server.owner);
    for (let round = 0; round < 3; round += 1) {
      const { id, actionDigest } = await newApproval(server.owner, orgId, { status: "approved" });
      const use = (_: unknown, i: number) => {
        const consumption = { id, actionDigest, invocationId: `inv_${i}`, now: new Date() };
        return asApp(server.app, enter(orgId), event(orgId), built(consumeStatement(within(orgId), consumption)));
      };
      const ended = await Promise.allSettled(Array.from({ length: 100 }, use));
      expect(ended.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      expect(new Set(ended.flatMap((one) => (one.status === "rejected" ? [one.reason.code] : [])))).toEqual(new Set(["AR409"]));
      const winner = ended.findIndex(({ status }) => status === "fulfilled");
      const [, seen] = await asApp(server.app, enter(orgId), statement("select status, consumed_by from approvals where id = $1", id));
      expect(seen?.rows).toEqual([["consumed", `inv_${winner}`]]);
    }
  });
});
