import { beforeAll, describe, expect, it } from "vitest";
import { actAsSystem } from "../../../src/access/system-principal.ts";
import { consumeApproval, expireApprovals, planEffect, planEnding, type ApprovalRow } from "../../../src/features/approvals/index.ts";
import { newId } from "../../../src/platform/ids.ts";
import { failDatabase, ownerSees, roundTrips } from "../../support/harness.ts";
import { createOrganization, type TestOrganization } from "../../support/organization.ts";
import { signInAs, type TestPerson } from "../../support/people.ts";
import { askApproval, newGrant, testEnvironment, type Asking, type TestGrant } from "../../support/approvals.ts";
import { addEndpoint, everyType, toldTo } from "../../webhooks/hook-world.ts";

let org: TestOrganization;
let grant: TestGrant;
let operator: TestPerson;
beforeAll(async () => {
  org = await createOrganization();
  grant = await newGrant(org);
  operator = await signInAs(org, "operator");
});

/** An approval that the operator approved, as it is read then. */
async function approved(asking: Asking = {}): Promise<ApprovalRow> {
  const row = await askApproval(org, grant, asking);
  const { previewDigest } = row;
  const answer = await operator.call("POST", `/v1/approvals/${row.id}/approve`, { previewDigest });
  if (answer.status !== 200) throw new Error(answer.text);
  return { ...row, status: "approved", revision: 3, decidedBy: answer.body.decidedBy, decidedAt: new Date(answer.body.decidedAt) };
}

const seen = async ({ id }: { id: string }) => (await org.call("GET", `/v1/approvals/${id}`)).body;
const actionsOf = async ({ id }: { id: string }): Promise<unknown[]> =>
  (await ownerSees("select action from audit_events where resource = $1 order by seq", id)).map(({ action }) => action);

const use = (row: ApprovalRow, over: { actionDigest?: string; now?: Date; requestId?: string } = {}): Promise<void> => {
  const at = {
    env: testEnvironment,
    requestId: over.requestId ?? newId("request"),
    meter: { trips: 0, durationMs: 0 },
    now: over.now ?? new Date(),
  };
  const invocationId = newId("invocation");
  return consumeApproval(at, { orgId: org.orgId, row, actionDigest: over.actionDigest ?? row.actionDigest, invocationId });
};
const conflict = { code: "state_conflict" };

/** Writes what an approval's change brings about beside something else, as an invocation does. */
async function write(change: Pick<ReturnType<typeof planEnding>, "build" | "consequences">): Promise<void> {
  const { tenant } = await actAsSystem(testEnvironment, org.orgId, "system:test");
  const { build, consequences } = change;
  await tenant.write({ action: "grant.invoked", resource: newId("invocation"), change: {}, answer: null, consequences }, build);
}

describe("using an approval", () => {
  it("uses it up, once, in one round trip, as an event of its own", async () => {
    const row = await approved();
    const requestId = newId("request");
    await use(row, { requestId });
    expect(await roundTrips(requestId)).toBe(1);
    expect(await seen(row)).toMatchObject({ status: "consumed", consumedBy: expect.stringMatching(/^inv_/), effect: null });
    expect((await actionsOf(row)).at(-1)).toBe("approval.consumed");
    await expect(use(row)).rejects.toMatchObject(conflict);
    expect((await actionsOf(row)).filter((action) => action === "approval.consumed")).toHaveLength(1);
  });

  it("is refused to another action, after its time, and where nobody approved", async () => {
    const [swapped, late] = [await approved(), await approved()];
    await expect(use(swapped, { actionDigest: late.actionDigest })).rejects.toMatchObject(conflict);
    await expect(use(late, { now: late.expiresAt })).rejects.toMatchObject(conflict);
    const denied = await askApproval(org, grant);
    await operator.call("POST", `/v1/approvals/${denied.id}/deny`, { previewDigest: denied.previewDigest });
    const cancelled = await approved();
    await org.call("POST", `/v1/approvals/${cancelled.id}/cancel`);
    for (const row of [await askApproval(org, grant), denied, cancelled]) {
      await expect(use({ ...row, decidedBy: `member:${operator.memberId}` })).rejects.toMatchObject(conflict);
    }
    expect([(await seen(swapped)).status, (await seen(late)).status]).toEqual(["approved", "approved"]);
  });

  it("is not guessed at when the database is away", async () => {
    const row = await approved();
    await failDatabase(org.orgId, "down", 1);
    await expect(use(row)).rejects.toMatchObject({ code: "unavailable" });
    expect((await seen(row)).status).toBe("approved");
    await failDatabase(org.orgId, "after_commit", 1);
    await expect(use(row), "it was written, and nobody heard").rejects.toMatchObject({ code: "unavailable" });
    expect((await seen(row)).status).toBe("consumed");
    await expect(use(row), "so that it allows nothing any more").rejects.toMatchObject(conflict);
  });
});

describe("what became of it", () => {
  const used = async () => {
    const row = await approved();
    await use(row);
    const { consumedBy } = await seen(row);
    return { row, consumedBy: String(consumedBy) };
  };

  it.each(["confirmed", "failed", "unknown"] as const)("is told once by the call that used it: %s", async (effect) => {
    const { row, consumedBy } = await used();
    await write(planEffect(row, consumedBy, effect, new Date()));
    expect(await seen(row)).toMatchObject({ status: "consumed", effect });
    expect((await actionsOf(row)).at(-1)).toBe(`approval.effect_${effect}`);
  });

  it("may be learnt later where it was unknown, and stays then", async () => {
    const { row, consumedBy } = await used();
    await write(planEffect(row, consumedBy, "unknown", new Date()));
    await write(planEffect(row, consumedBy, "confirmed", new Date()));
    for (const effect of ["failed", "unknown"] as const)
      await expect(write(planEffect(row, consumedBy, effect, new Date()))).rejects.toMatchObject(conflict);
    expect(await seen(row)).toMatchObject({ effect: "confirmed" });
  });

  it("is no other call's to tell", async () => {
    const { row } = await used();
    await expect(write(planEffect(row, newId("invocation"), "confirmed", new Date()))).rejects.toMatchObject(conflict);
    expect(await seen(row)).toMatchObject({ effect: null });
  });
});

describe("an approval that does not stand any more", () => {
  it("is invalidated where what would be done has changed, and makes room for the next one in the same write", async () => {
    const args = { sku: "changed" };
    const old = await approved({ args });
    const next = await askApproval(org, grant, { args, under: "policy 2", replaces: [old] });
    expect(await seen(old)).toMatchObject({ status: "invalidated", reason: "action_changed" });
    expect(await actionsOf(old)).toEqual(["approval.proposed", "approval.pending", "approval.approved", "approval.invalidated"]);
    await expect(use(old)).rejects.toMatchObject(conflict);
    expect((await seen(next)).status).toBe("pending");
  });

  it("is expired, and not invalidated, where only its time is over", async () => {
    const args = { sku: "late" };
    const past = new Date(Date.now() - 7_200_000);
    const old = await askApproval(org, grant, { args, now: past });
    expect(await seen(old), "before anybody noted it").toMatchObject({ status: "expired" });
    await expect(askApproval(org, grant, { args }), "while it is not ended").rejects.toMatchObject(conflict);
    await askApproval(org, grant, { args, replaces: [old] });
    expect(await actionsOf(old)).toEqual(["approval.proposed", "approval.pending", "approval.expired"]);
    const decided = await operator.call("POST", `/v1/approvals/${old.id}/approve`, { previewDigest: old.previewDigest });
    expect([decided.status, decided.body.errors]).toEqual([409, [{ path: "approvalId", message: "The approval is expired." }]]);
  });

  it("cannot be ended by who read it before somebody else changed it", async () => {
    const row = await askApproval(org, grant);
    await operator.call("POST", `/v1/approvals/${row.id}/approve`, { previewDigest: row.previewDigest });
    await expect(write(planEnding(row, new Date()))).rejects.toMatchObject(conflict);
    expect((await seen(row)).status).toBe("approved");
  });
});

describe("what runs every minute", () => {
  const past = (minutes: number): Date => new Date(Date.now() - 3_600_000 - minutes * 60_000);

  it("notes whose time is over, waiting or approved, as a fact of its own, and tells the organization's systems", async () => {
    const own = await createOrganization();
    await addEndpoint(own, everyType);
    const one = await newGrant(own);
    const due = [await askApproval(own, one, { now: past(2) }), await askApproval(own, one, { now: past(1) })];
    const [open, cancelled] = [await askApproval(own, one), await askApproval(own, one)];
    await own.call("POST", `/v1/approvals/${cancelled.id}/cancel`);
    await expireApprovals(testEnvironment, new Date());
    const rows = await ownerSees("select id, status, decided_by, reason from approvals where org_id = $1 order by created_at", own.orgId);
    expect(rows).toEqual([
      ...due.map(({ id }) => ({ id, status: "expired", decided_by: null, reason: null })),
      { id: open.id, status: "pending", decided_by: null, reason: null },
      { id: cancelled.id, status: "cancelled", decided_by: null, reason: null },
    ]);
    const told = (await toldTo(own)).filter(({ type }) => type === "approval.expired");
    expect(told.map(({ resource }) => resource)).toEqual(due.map(({ id }) => id));
    const actors = await ownerSees("select distinct actor from audit_events where org_id = $1 and action = 'approval.expired'", own.orgId);
    expect(actors).toEqual([{ actor: "system:approvals" }]);
  });

  it("takes two transactions of an organization for all, and finds nothing the second time", async () => {
    const own = await createOrganization();
    const one = await newGrant(own);
    for (let minutes = 3; minutes > 0; minutes -= 1) await askApproval(own, one, { now: past(minutes) });
    await expireApprovals(testEnvironment, new Date());
    const requests = () =>
      ownerSees("select distinct request_id from audit_events where org_id = $1 and action = 'approval.expired'", own.orgId);
    const [{ request_id: requestId } = {}, ...others] = await requests();
    expect(others).toEqual([]);
    expect(await roundTrips(String(requestId))).toBe(2);
    await expireApprovals(testEnvironment, new Date());
    expect(await requests()).toHaveLength(1);
  });

  it("does not let one organization's trouble keep the others", async () => {
    const [troubled, fine] = [await createOrganization(), await createOrganization()];
    const rows = [];
    for (const own of [troubled, fine]) rows.push(await askApproval(own, await newGrant(own), { now: past(1) }));
    await failDatabase(troubled.orgId, "down");
    await expireApprovals(testEnvironment, new Date());
    await failDatabase(troubled.orgId, "none");
    const statusOf = async (id: string | undefined) => (await ownerSees("select status from approvals where id = $1", id))[0]?.["status"];
    expect([await statusOf(rows[0]?.id), await statusOf(rows[1]?.id)]).toEqual(["pending", "expired"]);
    await expireApprovals(testEnvironment, new Date());
    expect(await statusOf(rows[0]?.id)).toBe("expired");
  });

  it("is no earlier than the time", async () => {
    const row = await askApproval(org, grant);
    await expireApprovals(testEnvironment, new Date(row.expiresAt.getTime() - 1));
    expect((await ownerSees("select status from approvals where id = $1", row.id))[0]).toEqual({ status: "pending" });
  });
});
