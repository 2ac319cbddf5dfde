import { describe, it } from "vitest";
import { decisionReasons } from "../../../src/policies/decision.ts";
import { newGrant, policyTerms } from "../../support/grants.ts";
import { roundTrips } from "../../support/harness.ts";
import { repeatCall, seedApproval, seedCall, seedScore, seedSettlement } from "../../support/governed-rows.ts";
import { newInvoking, newProduction } from "../../support/invocations.ts";
import { callApi } from "../../support/organization.ts";

type World = Awaited<ReturnType<typeof newGrant>>;

const listOf = async ({ org }: Pick<World, "org">, query = "") => (await org.call("GET", `/v1/exceptions${query}`)).body.items;
const act = ({ operator }: World, id: string, verb: string, body?: unknown) => operator.call("POST", `/v1/exceptions/${id}/${verb}`, body);

describe("the list of runtime exceptions", () => {
  it("is empty where everything went well", async ({ expect }) => {
    const world = await newGrant();
    await seedCall(world, { status: "executed" });
    await seedCall(world, { status: "simulated", mode: "simulation" });
    expect(await listOf(world)).toEqual([]);
  });

  it("groups denials by grant and reason, and names when they were and the newest ten, in one round trip", async ({ expect }) => {
    const world = await newGrant();
    const calls = [];
    for (let left = 12; left > 0; left -= 1) {
      calls.unshift((await seedCall(world, { status: "denied", reasons: ["no_rule_matched"], minutesAgo: left })).invocationId);
    }
    const both = await seedCall(world, { status: "denied", reasons: ["budget_exceeded", "no_rule_matched"] });
    const answer = await world.org.call("GET", "/v1/exceptions?kind=denial");
    expect(await roundTrips(answer.requestId)).toBe(1);
    const [first, second, ...others] = answer.body.items.toSorted(
      (one: { count: number }, other: { count: number }) => other.count - one.count,
    );
    expect(others).toEqual([]);
    expect(first).toMatchObject({
      reason: "no_rule_matched",
      grantId: world.grantId,
      agentId: world.agentId,
      count: 13,
      status: "open",
    });
    expect(first.invocationIds).toEqual([both.invocationId, ...calls.slice(0, 9)]);
    expect(Date.parse(first.lastSeenAt) - Date.parse(first.firstSeenAt)).toBeGreaterThan(11 * 60_000);
    expect(second).toMatchObject({ reason: "budget_exceeded", count: 1, invocationIds: [both.invocationId] });
    expect(second.id).not.toBe(first.id);
  });

  it("counts to 1,000 of each combination of reasons, says where there may be more, and hides no reason behind another", async ({
    expect,
  }) => {
    const world = await newGrant();
    const old = await seedCall(world, { status: "denied", reasons: ["pact_violated"], minutesAgo: 60 });
    const newer = await seedCall(world, { status: "denied", reasons: ["rate_exceeded"] });
    await repeatCall(world, newer.invocationId, 998);
    const shown = async (): Promise<[string, number, boolean][]> =>
      (await listOf(world)).map(({ reason, count, countIsExact }: { reason: string; count: number; countIsExact: boolean }) => [
        reason,
        count,
        countIsExact,
      ]);
    expect(await shown()).toEqual([
      ["rate_exceeded", 999, true],
      ["pact_violated", 1, true],
    ]);
    await repeatCall(world, (await seedCall(world, { status: "denied", reasons: ["rate_exceeded"] })).invocationId, 1);
    const both = await seedCall(world, { status: "denied", reasons: ["budget_exceeded", "rate_exceeded"] });
    expect(new Set(await shown())).toEqual(
      new Set([
        ["rate_exceeded", 1_001, false],
        ["budget_exceeded", 1, true],
        ["pact_violated", 1, true],
      ]),
    );
    const items: { reason: string; id: string; invocationIds: string[] }[] = await listOf(world);
    const idOf = (wanted: string) => items.find(({ reason }) => reason === wanted) ?? expect.fail(wanted);
    expect(idOf("rate_exceeded").invocationIds[0]).toBe(both.invocationId);
    const alone = await world.org.call("GET", `/v1/exceptions/${idOf("pact_violated").id}`);
    expect(alone.body).toMatchObject({ count: 1, countIsExact: true, invocationIds: [old.invocationId] });
  });

  it("has a code for every reason of a denial", async ({ expect }) => {
    const world = await newGrant();
    const reasons = decisionReasons.filter((reason) => !["allowed_by_rule", "approval_required", "approved"].includes(reason));
    await seedCall(world, { status: "denied", reasons });
    const items: { reason: string; id: string }[] = await listOf(world);
    expect(items.map(({ reason }) => reason).toSorted()).toEqual(reasons.toSorted());
    for (const { id, reason } of items) expect((await world.org.call("GET", `/v1/exceptions/${id}`)).body).toMatchObject({ id, reason });
  });

  it("shows failures, near budgets and unknown effects, these until they are settled", async ({ expect }) => {
    const world = await newGrant();
    const failed = await seedCall(world, { status: "failed", minutesAgo: 3 });
    const unknown = await seedCall(world, { status: "unknown", minutesAgo: 60 * 24 * 40 });
    const near = await seedCall(world, { status: "executed", share: 0.8 });
    const kinds = (await listOf(world)).map(({ kind }: { kind: string }) => kind);
    expect(kinds).toEqual(["budget_near", "failure", "effect_unknown"]);
    const [budget, failure, effect] = await listOf(world);
    expect(budget).toMatchObject({ grantId: world.grantId, budgetShare: expect.closeTo(0.8, 5), invocationIds: [near.invocationId] });
    expect(failure).toMatchObject({ grantId: world.grantId, count: 1, invocationIds: [failed.invocationId] });
    expect(effect).toMatchObject({ invocationIds: [unknown.invocationId], agentId: world.agentId });
    await seedSettlement(world, unknown.invocationId);
    await seedCall(world, { status: "executed", share: 0.79 });
    expect((await listOf(world)).map(({ kind }: { kind: string }) => kind)).toEqual(["failure"]);
    expect((await world.org.call("GET", `/v1/exceptions/${effect.id}`)).status).toBe(404);
  });

  it("leaves out what is older than 30 days", async ({ expect }) => {
    const world = await newGrant();
    await seedCall(world, { status: "denied", minutesAgo: 60 * 24 * 30 + 1 });
    expect(await listOf(world)).toEqual([]);
  });

  it("shows approvals while somebody can decide them", async ({ expect }) => {
    const world = await newGrant();
    const waiting = await seedApproval(world, "pending");
    await seedApproval(world, "pending", -1);
    await seedApproval(world, "cancelled");
    const items = await listOf(world);
    expect(items).toMatchObject([{ kind: "approval_waiting", approvalId: waiting, grantId: world.grantId, expiresAt: expect.any(String) }]);
  });

  it("shows an agent whose lower bound fell by 0.05 since a week ago, and by how much", async ({ expect }) => {
    const world = await newGrant();
    const { orgId } = world.org;
    await seedScore(orgId, world.agentId, 20, { safety: 0.1, accuracy: 0.1 });
    await seedScore(orgId, world.agentId, 8, { safety: 0.9, accuracy: 0.8, latency: 0.9 });
    await seedScore(orgId, world.agentId, 2, { safety: 0.850001, accuracy: 0.8, latency: 0.1 });
    expect(await listOf(world)).toEqual([]);
    await seedScore(orgId, world.agentId, 1, { safety: 0.85, accuracy: 0.8 });
    expect(await listOf(world)).toMatchObject([
      {
        kind: "score_falling",
        agentId: world.agentId,
        count: 1,
        countIsExact: false,
        scoreFalls: [{ dimension: "safety", from: 0.9, to: 0.85 }],
      },
    ]);
    await seedScore(orgId, world.agentId, 0, { safety: 0.88, accuracy: 0.8 });
    expect(await listOf(world)).toEqual([]);
  });

  it("takes a score that is missing for no fall, and an agent's first score for the start", async ({ expect }) => {
    const world = await newGrant();
    await seedScore(world.org.orgId, world.agentId, 3, { safety: 0.9, accuracy: 0.9 });
    await seedScore(world.org.orgId, world.agentId, 1, { safety: 0.9 });
    expect(await listOf(world)).toEqual([]);
    await seedScore(world.org.orgId, world.agentId, 0, { safety: 0.5 });
    expect(await listOf(world)).toMatchObject([{ kind: "score_falling", scoreFalls: [{ dimension: "safety", from: 0.9, to: 0.5 }] }]);
  });

  it("filters by kind and status, and pages without a gap or a repeat", async ({ expect }) => {
    const world = await newGrant();
    await seedCall(world, {
      status: "denied",
      reasons: ["rate_exceeded", "count_exceeded", "budget_exceeded", "cost_unknown"],
      minutesAgo: 2,
    });
    await seedCall(world, { status: "failed", minutesAgo: 1 });
    const all = await listOf(world);
    expect(all).toHaveLength(5);
    const paged = [];
    for (let cursor = "", more = true; more;) {
      const { items, nextCursor } = (await world.org.call("GET", `/v1/exceptions?limit=2${cursor}`)).body;
      paged.push(...items);
      cursor = `&cursor=${nextCursor}`;
      more = nextCursor !== null;
    }
    expect(paged).toEqual(all);
    await act(world, all[0].id, "acknowledge");
    expect(await listOf(world, "?status=acknowledged")).toMatchObject([{ kind: "failure" }]);
    expect(await listOf(world, "?status=open&kind=failure")).toEqual([]);
    expect(await listOf(world, "?status=open")).toHaveLength(4);
  });

  it("lets no other organization in, nor a credential that is bound to an agent", async ({ expect }) => {
    const world = await newGrant();
    await seedCall(world, { status: "denied" });
    const [{ id }] = await listOf(world);
    const stranger = await newGrant();
    expect(await listOf(stranger)).toEqual([]);
    expect((await stranger.org.call("GET", `/v1/exceptions/${id}`)).status).toBe(404);
    expect((await act(stranger, id, "resolve", {})).status).toBe(404);
    const key = await world.org.call("POST", "/v1/keys", { name: "bound", agentId: world.agentId, scopes: ["exceptions:read"] });
    for (const path of ["/v1/exceptions", `/v1/exceptions/${id}`]) {
      const answer = await callApi("GET", path, undefined, { authorization: `Bearer ${key.body.key}` });
      expect([answer.status, answer.body.code]).toEqual([403, "forbidden"]);
    }
    for (const unknown of [`exc_zz${"0".repeat(22)}`, `exc_f0${"0".repeat(22)}`]) {
      expect((await world.org.call("GET", `/v1/exceptions/${unknown}`)).status).toBe(404);
    }
  });
});

describe("real calls of agents", () => {
  const orders = { orderId: "o-1", amount: 1 };

  it("leave denials, failures and unknown effects that name them; a settled effect is no exception any more", async ({ expect }) => {
    const denied = await newInvoking({ terms: policyTerms({ id: "small", effect: "allow", when: "arguments.amount < 1.0" }) });
    const { invocationId } = (await denied.invoke(orders)).body;
    expect(await listOf(denied)).toMatchObject([
      {
        kind: "denial",
        reason: "no_rule_matched",
        grantId: denied.grantId,
        agentId: denied.agentId,
        invocationIds: [invocationId],
        count: 1,
      },
    ]);
    const failing = await newProduction({ behaviour: "refuse" });
    const failed = (await failing.invoke(orders)).body;
    expect(await listOf(failing)).toMatchObject([{ kind: "failure", grantId: failing.grantId, invocationIds: [failed.invocationId] }]);
    const lost = await newProduction({ behaviour: "boom" });
    const unknown = (await lost.invoke(orders)).body;
    expect(await listOf(lost)).toMatchObject([{ kind: "effect_unknown", invocationIds: [unknown.invocationId] }]);
    const settled = await lost.operator.call("POST", `/v1/invocations/${unknown.invocationId}/settle`, { effect: "confirmed" });
    expect(settled.status, settled.text).toBe(200);
    expect(await listOf(lost)).toEqual([]);
  });

  it("leave an approval that waits until somebody decides it, and a grant near its budget", async ({ expect }) => {
    const asking = await newProduction({ terms: policyTerms({ id: "ask", effect: "require_approval", when: "true" }) });
    const pending = (await asking.invoke(orders)).body;
    const items = await listOf(asking);
    expect(items).toMatchObject([
      { kind: "approval_waiting", approvalId: pending.approval.id, grantId: asking.grantId, invocationIds: [pending.invocationId] },
    ]);
    const approval = (await asking.operator.call("GET", `/v1/approvals/${pending.approval.id}`)).body;
    const decided = await asking.operator.call("POST", `/v1/approvals/${pending.approval.id}/deny`, {
      previewDigest: approval.previewDigest,
    });
    expect(decided.status, decided.text).toBe(200);
    expect(await listOf(asking)).toEqual([]);
    const small = await newProduction({ grant: { budget: { count: { total: 5 } } } });
    for (let call = 1; call <= 4; call += 1) {
      expect(await listOf(small), `before call ${call}`).toEqual([]);
      await small.invoke({ ...orders, orderId: `o-${call}` });
    }
    expect(await listOf(small)).toMatchObject([
      { kind: "budget_near", grantId: small.grantId, count: 1, budgetShare: expect.closeTo(0.8, 5) },
    ]);
  });
});
