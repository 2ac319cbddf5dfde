import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ownerSees, roundTrips } from "../../support/harness.ts";
import { agentCaller, policyTerms } from "../../support/grants.ts";
import { newInvoking, newProduction } from "../../support/invocations.ts";
import { signInAs } from "../../support/people.ts";

const refund = { orderId: "o-1", amount: 5 };

afterEach(() => void vi.restoreAllMocks());

describe("invoking a grant", () => {
  it("decides in simulation, says so, receipts it and sends nothing", async () => {
    const some = await newInvoking();
    const answer = await some.invoke(refund);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({
      ...{ grantId: some.grantId, mode: "simulation", status: "simulated", decision: "allow", reasons: ["allowed_by_rule"], effect: null },
      ...{ label: "simulation: nothing was sent", approval: null, upstreamStatus: null },
      receipt: { action: "grant.invoke", mode: "simulation", disposition: "blocked", effect: null, about: answer.body.invocationId },
    });
    expect((await some.sent()).calls).toEqual([]);
  });

  it("asks nobody in simulation: what needs an approval is told, and no approval is made", async () => {
    const some = await newInvoking({ terms: policyTerms({ id: "ask", effect: "require_approval", when: "true" }) });
    const { body } = await some.invoke(refund);
    expect(body).toMatchObject({
      status: "simulated",
      decision: "require_approval",
      reasons: ["approval_required"],
      ruleIds: ["ask"],
      approval: null,
    });
    expect(await ownerSees("select 1 from approvals where org_id = $1", some.org.orgId)).toEqual([]);
  });

  it("denies what no rule allows, and receipts that", async () => {
    const some = await newInvoking({ terms: policyTerms({ id: "small", effect: "allow", when: "arguments.amount < 3.0" }) });
    const { body } = await some.invoke(refund);
    expect(body).toMatchObject({
      status: "denied",
      decision: "deny",
      reasons: ["no_rule_matched"],
      receipt: { disposition: "denied", effect: null },
    });
  });

  it("sends in production, once, and answers with what the upstream said and a receipt of it", async () => {
    const some = await newProduction();
    const answer = await some.invoke(refund);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({
      ...{ mode: "production", label: null, status: "executed", decision: "allow", effect: "confirmed", upstreamStatus: 200 },
      result: { body: { amount: 5 } },
      receipt: { mode: "production", disposition: "executed", effect: "confirmed" },
    });
    const { calls } = await some.sent();
    expect(calls.map(({ headers }) => headers["idempotency-key"])).toEqual([answer.body.invocationId]);
  });

  it.each([
    ["simulation", newInvoking],
    ["production", newProduction],
  ])(
    "takes one gate call, one round trip and one ledger call before the upstream, and one round trip after it (%s)",
    async (_mode, make) => {
      const some = await make();
      await some.invoke(refund);
      const [gate, ledger] = [vi.spyOn(env.GATE, "get"), vi.spyOn(env.GRANT_LEDGER, "get")];
      const answer = await some.invoke(refund);
      // In production the ledger is told afterwards what came of it; nobody waits for that.
      expect([gate.mock.calls.length, ledger.mock.calls.length]).toEqual([1, answer.body.mode === "production" ? 2 : 1]);
      expect(await roundTrips(answer.requestId)).toBe(2);
    },
  );

  it("answers a repetition with the same Idempotency-Key with the same words, and sends nothing again", async () => {
    const some = await newProduction();
    const [first, second] = [await some.invoke(refund, { "idempotency-key": "k" }), await some.invoke(refund, { "idempotency-key": "k" })];
    expect(second.body).toEqual(first.body);
    expect((await some.sent()).calls).toHaveLength(1);
    expect((await some.invoke({ ...refund, amount: 6 }, { "idempotency-key": "k" })).status).toBe(422);
  });

  it("refuses arguments that the capability does not take, and says where", async () => {
    const some = await newProduction();
    const { body } = await some.invoke({ orderId: "o-1", amount: "5" });
    expect(body).toMatchObject({ status: "denied", reasons: ["invalid_arguments"], argumentsFault: { at: "/amount" } });
    const traversal = await some.invoke({ orderId: "..", amount: 5 });
    expect(traversal.body).toMatchObject({ status: "denied", reasons: ["invalid_arguments"] });
    expect((await some.sent()).calls).toEqual([]);
  });

  it("is its agent's alone: another agent's key finds nothing, and a key of the whole organization may not", async () => {
    const some = await newInvoking();
    const other = (await some.org.call("POST", "/v1/agents", { externalId: "other", name: "Other" })).body.id;
    const asOther = await agentCaller(some, other, ["grants:invoke", "grants:read"]);
    const path = `/v1/grants/${some.grantId}/invoke`;
    expect((await asOther("POST", path, { arguments: refund })).status).toBe(404);
    expect((await some.org.call("POST", path, { arguments: refund })).status).toBe(403);
    const { body } = await some.invoke(refund);
    expect((await asOther("GET", `/v1/invocations/${body.invocationId}`)).status).toBe(404);
    expect((await asOther("GET", "/v1/invocations")).body.items).toEqual([]);
    expect((await asOther("GET", `/v1/invocations?agentId=${some.agentId}`)).status).toBe(404);
  });

  it("keeps one unbroken chain of receipts where many come at once, and sends each once", async () => {
    const some = await newProduction({ grant: { ratePerMinute: 6_000 } });
    const answers = await Promise.all(Array.from({ length: 12 }, (_, n) => some.invoke({ orderId: `o-${n}`, amount: 1 })));
    expect(answers.map(({ body }) => body.status)).toEqual(answers.map(() => "executed"));
    expect(answers.map(({ body }) => body.receipt.number).toSorted((a, b) => a - b)).toEqual(answers.map((_, n) => n + 1));
    expect((await some.sent()).calls).toHaveLength(12);
  });
});

describe("reading invocations", () => {
  it("shows what was asked to the agent itself and to people who decide, and to no other key", async () => {
    const some = await newInvoking();
    const { invocationId } = (await some.invoke(refund)).body;
    const path = `/v1/invocations/${invocationId}`;
    const own = await some.asAgent("GET", path);
    expect(own.body).toMatchObject({
      id: invocationId,
      agentId: some.agentId,
      status: "simulated",
      input: refund,
      settled: null,
      review: null,
    });
    expect(await roundTrips(own.requestId)).toBe(1);
    const person = await signInAs(some.org, "operator");
    expect((await person.call("GET", path)).body.input).toEqual(refund);
    const narrow = await some.org.call("POST", "/v1/keys", { name: "narrow", scopes: ["grants:read"] });
    const asKey = await some.org.call("GET", path, undefined, { authorization: `Bearer ${narrow.body.key}` });
    expect([asKey.status, asKey.body.id, "input" in asKey.body]).toEqual([200, invocationId, false]);
    const listed = await some.asAgent("GET", `/v1/invocations?grantId=${some.grantId}&status=simulated&limit=1`);
    expect(listed.body.items).toMatchObject([{ id: invocationId }]);
    expect("input" in listed.body.items[0]).toBe(false);
    expect((await some.asAgent("GET", "/v1/invocations?status=denied")).body.items).toEqual([]);
  });

  it("keeps no argument in the clear", async () => {
    const some = await newInvoking();
    await some.invoke({ orderId: "very-private-order", amount: 5 });
    const rows = await ownerSees("select * from invocations where org_id = $1", some.org.orgId);
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain("very-private-order");
  });
});
