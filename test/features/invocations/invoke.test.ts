import { describe, expect, it } from "vitest";
import { roundTrips } from "../../support/harness.ts";
import { policyTerms } from "../../support/grants.ts";
import { newInvoking, newProduction } from "../../support/invocations.ts";

const refund = { orderId: "o-1", amount: 5 };

describe("invoking a grant", () => {
  it("decides in simulation, says so, receipts it and sends nothing", async () => {
    const it = await newInvoking();
    const answer = await it.invoke(refund);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({
      ...{ grantId: it.grantId, mode: "simulation", status: "simulated", decision: "allow", reasons: ["allowed_by_rule"], effect: null },
      ...{ label: "simulation: nothing was sent", approval: null, upstreamStatus: null },
      receipt: { action: "grant.invoke", mode: "simulation", disposition: "blocked", effect: null, about: answer.body.invocationId },
    });
    expect(await roundTrips(answer.requestId)).toBe(2);
    expect((await it.sent()).calls).toEqual([]);
  });

  it("denies what no rule allows, and receipts that", async () => {
    const it = await newInvoking({ terms: policyTerms({ id: "small", effect: "allow", when: "arguments.amount < 3.0" }) });
    const answer = await it.invoke(refund);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({
      status: "denied",
      decision: "deny",
      reasons: ["no_rule_matched"],
      receipt: { disposition: "denied" },
    });
  });

  it("sends in production, once, and answers with what the upstream said and a receipt of it", async () => {
    const it = await newProduction();
    const answer = await it.invoke(refund);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({
      ...{ mode: "production", label: null, status: "executed", decision: "allow", effect: "confirmed", upstreamStatus: 200 },
      result: { body: { amount: 5 } },
      receipt: { mode: "production", disposition: "executed", effect: "confirmed" },
    });
    expect(await roundTrips(answer.requestId)).toBe(2);
    const { calls } = await it.sent();
    expect(calls.map(({ headers }) => headers["idempotency-key"])).toEqual([answer.body.invocationId]);
  });
});
