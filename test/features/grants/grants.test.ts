import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { jsonDigest } from "../../../src/crypto/digest.ts";
import { requireEnvironment } from "../../../src/env.ts";
import { statusOf } from "../../../src/features/grants/grant.ts";
import { ledgerOf } from "../../../src/grants/ledger-client.ts";
import { newId } from "../../../src/platform/ids.ts";
import { proposalOf } from "../../grants/ledger-world.ts";
import { agentCaller, capabilityBody, grantOn, newGrant, newGround, policyTerms } from "../../support/grants.ts";
import { ownerSees, roundTrips } from "../../support/harness.ts";
import { createOrganization, type Answer } from "../../support/organization.ts";
import { signInAs } from "../../support/people.ts";

afterEach(() => vi.restoreAllMocks());

const codeOf = ({ status, body }: Answer) => [status, body?.code];
const refusals = ({ status, body }: Answer) => [status, body?.errors?.map(({ path }: { path: string }) => path)];
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();
const ledgerFor = (orgId: string, grantId: string) => ledgerOf(requireEnvironment(env), orgId, grantId);

describe("a grant", () => {
  it("begins in simulation, and says why", async () => {
    const ground = await newGround(await createOrganization());
    const made = await grantOn(ground, { budget: { count: { perDay: 5 } } });
    expect([made.status, made.body], made.text).toMatchObject([
      201,
      {
        agentId: ground.agentId,
        budget: { count: { perDay: 5 } },
        ratePerMinute: 60,
        expiresAt: null,
        status: "active",
        mode: "simulation",
        simulationReasons: ["never_promoted"],
        promotedAt: null,
        createdBy: `member:${ground.operator.memberId}`,
      },
    ]);
    expect(made.body.toolName).toMatch(/^refund_an_order_[0-9a-f_]+$/);
    const read = await ground.org.call("GET", `/v1/grants/${made.body.id}`);
    const nothing = { total: 0, today: 0, month: 0, lastMinute: 0, spentTodayMicros: 0, spentMonthMicros: 0 };
    const used = { usage: { simulation: nothing, production: nothing }, unsettled: 0, budgetShare: 0, nearBudget: false };
    expect(read.body).toEqual({ ...made.body, ...used });
    const listed = await ground.org.call("GET", "/v1/grants");
    expect(listed.body).toEqual({ items: [made.body], nextCursor: null });
    expect(await Promise.all([made, read, listed].map(({ requestId }) => roundTrips(requestId)))).toEqual([2, 1, 1]);
  });

  it("rests on what is this organization's, in service and fits together; all that does not is said at once", async () => {
    const [ground, other] = await Promise.all([newGround(await createOrganization()), newGround(await createOrganization())]);
    const { org, operator, agentId, capabilityId, policyId } = ground;
    const foreign = { agentId: other.agentId, capabilityId: other.capabilityId, policyId: other.policyId };
    const unknown = { agentId: newId("agent"), capabilityId: newId("capability"), policyId: newId("policy") };
    const [asForeign, asUnknown] = [await grantOn(ground, foreign), await grantOn(ground, unknown)];
    expect(refusals(asForeign)).toEqual([400, ["body.agentId", "body.capabilityId", "body.policyId"]]);
    expect(asForeign.text.replaceAll(asForeign.requestId, "")).toBe(asUnknown.text.replaceAll(asUnknown.requestId, ""));

    const second = await org.call("POST", "/v1/capabilities", capabilityBody({ cost: null }));
    const free = { capabilityId: second.body.id };
    expect(refusals(await grantOn(ground, free))).toEqual([400, ["body.policyId"]]);
    const draft = await org.call("POST", "/v1/policies", { ...free, name: "Draft", terms: policyTerms() });
    expect(refusals(await grantOn(ground, { ...free, policyId: draft.body.id }))).toEqual([400, ["body.policyId"]]);
    await operator.call("POST", `/v1/policies/${draft.body.id}/activate`, { version: 1 });
    const inForce = { ...free, policyId: draft.body.id };
    const withMoney = { ...inForce, budget: { money: { perDay: 5 } } };
    expect(refusals(await grantOn(ground, withMoney))).toEqual([400, ["body.budget.money"]]);
    expect((await grantOn(ground, inForce)).status).toBe(201);

    await org.call("POST", `/v1/agents/${agentId}/archive`);
    await org.call("POST", `/v1/capabilities/${capabilityId}/retire`);
    expect(refusals(await grantOn({ ...ground, policyId }))).toEqual([400, ["body.agentId", "body.capabilityId"]]);
  });

  it("ends later than now, or never", async () => {
    const ground = await newGround(await createOrganization());
    expect(refusals(await grantOn(ground, { expiresAt: new Date().toISOString() }))).toEqual([400, ["body.expiresAt"]]);
    const expiresAt = inAnHour();
    const { body } = await grantOn(ground, { expiresAt });
    expect(body).toMatchObject({ expiresAt, status: "active" });
    const end = new Date(expiresAt);
    const before = new Date(end.getTime() - 1);
    expect([before, end].map((now) => statusOf({ status: "active", expiresAt: end }, now))).toEqual(["active", "expired"]);
    expect(statusOf({ status: "active", expiresAt: null }, end)).toBe("active");
    expect(statusOf({ status: "revoked", expiresAt: end }, end)).toBe("revoked");
  });

  it("has a name among the agent's tools that no other grant of it has while both are active", async () => {
    const ground = await newGround(await createOrganization());
    const first = await grantOn(ground, { toolName: "refund" });
    const taken = await grantOn(ground, { toolName: "refund" });
    expect([...codeOf(taken), ...refusals(taken).slice(1)]).toEqual([409, "state_conflict", ["body.toolName"]]);
    for (const toolName of ["", "Refund", "1refund", "refund-order", "r".repeat(52), "réfund"])
      expect((await grantOn(ground, { toolName })).status, toolName).toBe(400);
    expect(refusals(await grantOn(ground, { toolName: "get_score" }))).toEqual([400, ["body.toolName"]]);
    await ground.org.call("POST", `/v1/grants/${first.body.id}/revoke`);
    expect((await grantOn(ground, { toolName: "refund" })).status).toBe(201);
  });

  it("is made and changed by nobody's key, whatever its scopes", async () => {
    const granted = await newGrant();
    const { org, agentId, capabilityId, policyId, grantId } = granted;
    const { accessToken } = (await org.call("POST", "/v1/access-tokens", {})).body;
    const bodies = [
      ["POST", "/v1/grants", { agentId, capabilityId, policyId, toolName: "other" }],
      ["PATCH", `/v1/grants/${grantId}`, { budget: {} }],
      ["PATCH", `/v1/grants/${grantId}`, { ratePerMinute: 6_000 }],
    ] as const;
    const asAgent = await agentCaller(granted, agentId, ["grants:read", "grants:write", "grants:invoke"]);
    for (const [method, path, body] of bodies) {
      expect(codeOf(await org.call(method, path, body))).toEqual([403, "person_needed"]);
      expect(codeOf(await org.call(method, path, body, { authorization: `Bearer ${accessToken}` }))).toEqual([403, "person_needed"]);
      expect(codeOf(await asAgent(method, path, body))).toEqual([403, "person_needed"]);
    }
    expect((await org.call("GET", `/v1/grants/${grantId}`)).body).toMatchObject({ ratePerMinute: 60, updatedAt: expect.any(String) });
    const viewer = await signInAs(org, "viewer");
    expect(codeOf(await viewer.call("PATCH", `/v1/grants/${grantId}`, { budget: {} }))).toEqual([403, "forbidden"]);
  });
});

describe("the limits of a grant", () => {
  it("are changed by an operator, and the log knows what they were and what they are", async () => {
    const { org, operator, grantId } = await newGrant({ budget: { count: { total: 5 } }, ratePerMinute: 3 });
    const budget = { count: { total: 50 }, money: { perDay: 1_000 } };
    const changed = await operator.call("PATCH", `/v1/grants/${grantId}`, { budget });
    expect([changed.status, changed.body]).toMatchObject([200, { budget, ratePerMinute: 3, expiresAt: null, mode: "simulation" }]);
    expect(await roundTrips(changed.requestId)).toBe(2);
    const events = await ownerSees("select change from audit_events where org_id = $1 and action = 'grant.updated'", org.orgId);
    const change = { from: { budget: { count: { total: 5 } } }, to: { budget } };
    expect(events).toEqual([{ change: await jsonDigest(change) }]);
    const expiresAt = inAnHour();
    const other = await operator.call("PATCH", `/v1/grants/${grantId}`, { expiresAt, ratePerMinute: 9 });
    expect(other.body).toMatchObject({ budget, ratePerMinute: 9, expiresAt });
    expect((await operator.call("PATCH", `/v1/grants/${grantId}`, { expiresAt: null })).body).toMatchObject({ budget, expiresAt: null });
    const read = await org.call("GET", `/v1/grants/${grantId}`);
    expect(read.body).toMatchObject({ budget, ratePerMinute: 9, expiresAt: null });
  });

  it("are refused where they say nothing, or what cannot be", async () => {
    const { operator, grantId } = await newGrant();
    const nonsense = [
      {},
      { ratePerMinute: 0 },
      { budget: { count: { perDay: -1 } } },
      { budget: { perDay: 5 } },
      { agentId: newId("agent") },
    ];
    for (const body of [...nonsense, { expiresAt: new Date(0).toISOString() }, { toolName: "x" }])
      expect((await operator.call("PATCH", `/v1/grants/${grantId}`, body)).status, JSON.stringify(body)).toBe(400);
  });

  it("show how near a grant is to them, by what its ledger counted", async () => {
    const { org, grantId } = await newGrant({ budget: { count: { total: 5 } } });
    const ledger = ledgerFor(org.orgId, grantId);
    for (let calls = 0; calls < 3; calls += 1) await ledger.propose(proposalOf(org.orgId, grantId));
    expect((await org.call("GET", `/v1/grants/${grantId}`)).body).toMatchObject({ budgetShare: 0.6, nearBudget: false, unsettled: 3 });
    await ledger.propose(proposalOf(org.orgId, grantId));
    await ledger.propose({ ...proposalOf(org.orgId, grantId), mode: "simulation" });
    expect((await org.call("GET", `/v1/grants/${grantId}`)).body).toMatchObject({
      budgetShare: 0.8,
      nearBudget: true,
      unsettled: 4,
      usage: { production: { total: 4, lastMinute: 4 }, simulation: { total: 1 } },
    });
  });

  it("are not shown without what is used of them", async () => {
    const { org, grantId } = await newGrant();
    vi.spyOn(env.GRANT_LEDGER, "get").mockImplementation(() => {
      throw new Error("out of reach");
    });
    expect(codeOf(await org.call("GET", `/v1/grants/${grantId}`))).toEqual([503, "unavailable"]);
  });
});

describe("what a credential sees of grants", () => {
  it("is those of its own agent, where it is bound to one", async () => {
    const mine = await newGrant();
    const { org, agentId, grantId } = mine;
    const registered = await org.call("POST", "/v1/agents", { externalId: "other", name: "Other" });
    const others = await grantOn({ ...mine, agentId: registered.body.id });
    const ask = await agentCaller(mine, agentId, ["grants:read"]);
    expect((await ask("GET", "/v1/grants")).body.items.map(({ id }: { id: string }) => id)).toEqual([grantId]);
    expect((await ask("GET", `/v1/grants?agentId=${agentId}`)).body.items.length).toBe(1);
    expect((await ask("GET", `/v1/grants/${grantId}`)).status).toBe(200);
    expect(codeOf(await ask("GET", `/v1/grants/${others.body.id}`))).toEqual([404, "not_found"]);
    expect(codeOf(await ask("GET", `/v1/grants?agentId=${registered.body.id}`))).toEqual([404, "not_found"]);
  });

  it("is all of the organization's for another one, by pages and by agent", async () => {
    const first = await newGrant();
    const second = await grantOn(first, { toolName: "second" });
    const registered = await first.org.call("POST", "/v1/agents", { externalId: "other", name: "Other" });
    const third = await grantOn({ ...first, agentId: registered.body.id });
    const ids = (answer: Answer) => answer.body.items.map(({ id }: { id: string }) => id);
    const page = await first.org.call("GET", "/v1/grants?limit=2");
    expect(ids(page)).toEqual([third.body.id, second.body.id]);
    expect(ids(await first.org.call("GET", `/v1/grants?limit=2&cursor=${page.body.nextCursor}`))).toEqual([first.grantId]);
    expect(ids(await first.org.call("GET", `/v1/grants?agentId=${first.agentId}`))).toEqual([second.body.id, first.grantId]);
    const stranger = await createOrganization();
    expect(ids(await stranger.call("GET", `/v1/grants?agentId=${first.agentId}`))).toEqual([]);
  });
});
