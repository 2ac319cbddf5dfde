import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { actAsSystem, openSystemDb } from "../../../src/access/system-principal.ts";
import { requireEnvironment } from "../../../src/env.ts";
import { findMissing } from "../../../src/features/promotion/judge-evidence.ts";
import { loadEvidence } from "../../../src/features/promotion/load-evidence.ts";
import { updatePromoted } from "../../../src/features/promotion/store.ts";
import { capabilityBody, policyTerms } from "../../support/grants.ts";
import { ownerSees } from "../../support/harness.ts";
import { newInvoking, type Invoking } from "../../support/invocations.ts";
import { giveEvidence, missingIn, passSimulation, promote, promotionOf, readyToPromote } from "./promotion-world.ts";

const environment = requireEnvironment(env);
const condition = { id: "fast", type: "latency_ms", operator: "lt", value: 1000, unit: "ms", severity: "major" };
const done = async (answer: Promise<{ status: number; text: string; body: { id: string } }>) => {
  const { status, text, body } = await answer;
  if (status >= 300) throw new Error(text);
  return body;
};

/** Reads all that a promotion is judged on, as an operator's request does. */
async function judge({ org, grantId }: Invoking, now = new Date()) {
  const { tenant } = await actAsSystem(environment, org.orgId, "system:test");
  const evidence = await loadEvidence({ tenant, principal: { agentId: null }, now }, grantId);
  if (evidence.judged === null) throw new Error("nothing to judge");
  return { evidence, judged: evidence.judged };
}

/** Writes what was judged then. */
async function write({ org, grantId }: Invoking, { evidence, judged }: Awaited<ReturnType<typeof judge>>): Promise<void> {
  const now = new Date();
  const promotion = { promotedFor: evidence.ground.basis, promotedBasis: judged.present, promotedAt: now, updatedAt: now };
  await openSystemDb(environment, org.orgId, "system:test").write(
    { action: "grant.promoted", resource: grantId, change: {}, answer: null },
    (db) => [updatePromoted(db, evidence.row.grant, judged, promotion)],
  );
}

const moves: Record<string, (some: Invoking) => Promise<unknown>> = {
  "another version of the agent": ({ org, agentId }) => done(org.call("PATCH", `/v1/agents/${agentId}`, { version: "2" })),
  "the agent's end": ({ org, agentId }) => done(org.call("POST", `/v1/agents/${agentId}/archive`)),
  "a pact that comes": async ({ org, agentId }) => {
    const { id } = await done(org.call("POST", "/v1/pacts", { agentId, name: "Promise", conditions: [condition] }));
    await done(org.call("POST", `/v1/pacts/${id}/activate`));
  },
  "another version of the policy": async ({ org, operator, policyId }) => {
    await done(org.call("POST", `/v1/policies/${policyId}/versions`, { terms: policyTerms({ id: "no", effect: "deny", when: "true" }) }));
    await done(operator.call("POST", `/v1/policies/${policyId}/activate`, { version: 2 }));
  },
  "another version of the capability": ({ org, capabilityId }) =>
    done(org.call("POST", `/v1/capabilities/${capabilityId}/versions`, { definition: capabilityBody({ timeoutMs: 5_000 }).definition })),
  "the capability's end": ({ org, capabilityId }) => done(org.call("POST", `/v1/capabilities/${capabilityId}/retire`)),
  "another budget": ({ operator, grantId }) => done(operator.call("PATCH", `/v1/grants/${grantId}`, { ratePerMinute: 5 })),
  "a simulated call that nobody looked at": ({ invoke }) => invoke({ orderId: "o", amount: 5 }),
  "more evidence": (some) => giveEvidence(some),
};

describe("a promotion that was judged before something moved", () => {
  it.each(Object.entries(moves))("fails with %s", async (_, move) => {
    const some = await newInvoking();
    const judged = await judge(some);
    await move(some);
    await expect(write(some, judged)).rejects.toMatchObject({ code: "state_conflict" });
    expect(await ownerSees("select promoted_for from grants where id = $1", some.grantId)).toEqual([{ promoted_for: null }]);
  });

  it("holds where nothing did", async () => {
    const some = await newInvoking();
    await write(some, await judge(some));
    expect((await promotionOf(some)).mode).toBe("production");
  });

  it("fails with a pact that ends, and with a call that is rejected", async () => {
    const some = await newInvoking();
    const { id } = await done(some.org.call("POST", "/v1/pacts", { agentId: some.agentId, name: "Promise", conditions: [condition] }));
    await done(some.org.call("POST", `/v1/pacts/${id}/activate`));
    const { body } = await some.invoke({ orderId: "o", amount: 5 });
    const before = await judge(some);
    const path = `/v1/grants/${some.grantId}/reviews`;
    expect((await some.operator.call("POST", path, { invocationIds: [body.invocationId], verdict: "rejected" })).status).toBe(200);
    await expect(write(some, before)).rejects.toMatchObject({ code: "state_conflict" });
    const then = await judge(some);
    await done(some.org.call("POST", `/v1/pacts/${id}/retire`));
    await expect(write(some, then)).rejects.toMatchObject({ code: "state_conflict" });
  });

  it("happens once, of many at once: one receipt, one event", async () => {
    const some = await readyToPromote();
    const answers = await Promise.all(Array.from({ length: 6 }, () => promote(some)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(5);
    const events = "select count(*)::int as events from audit_events where org_id = $1 and action = 'grant.promoted'";
    expect(await ownerSees(events, some.org.orgId)).toEqual([{ events: 1 }]);
    const receipts = "select count(*)::int as receipts from receipts where org_id = $1 and action = 'grant.promote'";
    expect(await ownerSees(receipts, some.org.orgId)).toEqual([{ receipts: 1 }]);
  });

  it("reviews each call once, of many at once", async () => {
    const some = await newInvoking();
    const invocationIds = [(await some.invoke({ orderId: "o", amount: 5 })).body.invocationId];
    const path = `/v1/grants/${some.grantId}/reviews`;
    const answers = await Promise.all(
      ["accepted", "rejected", "accepted", "rejected"].map((verdict) => some.operator.call("POST", path, { invocationIds, verdict })),
    );
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([200, 409, 409, 409]);
  });
});

describe("evidence that is no longer any", () => {
  it("blocks where it has become old, and where the grant has ended", async () => {
    const some = await newInvoking();
    await giveEvidence(some);
    await passSimulation(some);
    expect(await missingIn(some)).toEqual([]);
    const old = findMissing((await judge(some, new Date(Date.now() + 60 * 86_400_000))).evidence.given);
    expect(old.map(({ path }) => path)).toEqual([
      "score.dimensions.accuracy.N",
      "score.dimensions.pactCompliance.N",
      "score.dimensions.safety.N",
      "score.dimensions.reliability.N",
    ]);
    expect((await some.operator.call("POST", `/v1/grants/${some.grantId}/revoke`)).status).toBe(200);
    expect(await missingIn(some)).toEqual(["grant"]);
    expect((await promote(some)).body.code).toBe("promotion_blocked");
  });
});
