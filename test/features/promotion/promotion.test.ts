import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { computeScore } from "../../../src/features/scores/compute-score.ts";
import { checkDocument } from "../../../src/verifier/check-document.ts";
import { exitCodeOf } from "../../../src/verifier/verdicts.ts";
import { policyTerms } from "../../support/grants.ts";
import { ownerSees, roundTrips } from "../../support/harness.ts";
import { newInvoking } from "../../support/invocations.ts";
import { createOrganization } from "../../support/organization.ts";
import { signInAs } from "../../support/people.ts";
import { countWhatIsLeft, sweepEffects } from "../effects/effect-world.ts";
import { giveEvidence, missingIn, passSimulation, promote, promotionOf, readyToPromote } from "./promotion-world.ts";

const refund = { orderId: "o-1", amount: 5 };

beforeAll(countWhatIsLeft);

describe("from simulation to a rated effect", () => {
  it("goes all the way through the API: simulate, review, promote, act, count, rate", async () => {
    const b = await createOrganization();
    const some = await newInvoking({ definition: { counterpartyOrgId: b.orgId } });
    const { org, agentId, grantId, operator, invoke } = some;
    await giveEvidence(some);
    await passSimulation(some);
    expect((await some.sent()).calls).toEqual([]);
    const { body: before } = await org.call("GET", `/v1/agents/${agentId}/score`);
    const promoted = await promote(some);
    expect(promoted.status, promoted.text).toBe(200);
    expect(promoted.body).toMatchObject({
      grant: { mode: "production", simulationReasons: [] },
      receipt: { action: "grant.promote", about: grantId, mode: "production", disposition: "executed" },
    });
    expect(await roundTrips(promoted.requestId)).toBe(2);
    const { body: bundle } = await org.call("GET", `/v1/receipts/${promoted.body.receipt.id}/bundle`);
    const pins = { fingerprints: [env.ROOT_FINGERPRINT], witnesses: [], now: new Date(), maxListAgeSeconds: 1 };
    const { findings } = await checkDocument(
      { kind: "bundle", bundle },
      { keyHistory: null, checkpoint: null, leaves: null, accepted: [] },
      pins,
    );
    expect(exitCodeOf(findings, [])).toBe(0);
    const acted = await invoke(refund);
    expect(acted.body).toMatchObject({ status: "executed", mode: "production", receipt: { effect: "confirmed" } });
    expect((await some.sent()).acted).toHaveLength(1);
    await sweepEffects();
    const { body: counted } = await org.call("GET", `/v1/agents/${agentId}/score`);
    expect(counted.dimensions.reliability.checks).toBe(before.dimensions.reliability.checks + 1);
    expect(counted.dimensions.reliability.N).toBeGreaterThan(before.dimensions.reliability.N);
    expect(counted.dimensions.reliability.independent.N).toBeCloseTo(before.dimensions.reliability.independent.N, 3);
    const rated = await b.call("POST", "/v1/ratings", { statement: acted.body.receipt.statement, value: 1 });
    expect(rated.status, rated.text).toBe(201);
    await vi.waitFor(async () => {
      const { body } = await org.call("GET", `/v1/agents/${agentId}/score`);
      expect(body.dimensions.counterparty).toMatchObject({ checks: 1, S: 0.850406 });
    }, 20_000);
    const { body: evidence } = await org.call("GET", `/v1/agents/${agentId}/score/evidence`);
    const { agentId: _, computed: __, ...published } = (await org.call("GET", `/v1/agents/${agentId}/score`)).body;
    expect(await computeScore(evidence)).toEqual(published);
    const told =
      "select action, actor from audit_events where org_id = $1 and action in ('grant.promoted', 'invocation.reviewed') order by seq";
    const actor = `member:${operator.memberId}`;
    expect(await ownerSees(told, org.orgId)).toEqual([
      { action: "invocation.reviewed", actor },
      { action: "grant.promoted", actor },
    ]);
  });

  it("counts what a pact forbids in production against the agent, and what it allows for it", async () => {
    const some = await newInvoking();
    const { org, agentId, invoke } = some;
    const condition = {
      ...{ id: "small", type: "param_binding", tool: "*", severity: "critical" },
      rules: [{ paramPath: "amount", maxAmount: 10 }],
    };
    const { body: grant } = await org.call("GET", `/v1/grants/${some.grantId}`);
    const pact = await org.call("POST", "/v1/pacts", { agentId, name: "Small", conditions: [{ ...condition, tool: grant.toolName }] });
    expect((await org.call("POST", `/v1/pacts/${pact.body.id}/activate`)).status).toBe(200);
    await giveEvidence(some);
    await passSimulation(some);
    expect((await promote(some)).status).toBe(200);
    const before = (await org.call("GET", `/v1/agents/${agentId}/score`)).body.dimensions.pactCompliance;
    expect((await invoke({ orderId: "o", amount: 5 })).body.status).toBe("executed");
    expect((await invoke({ orderId: "o", amount: 500 })).body).toMatchObject({ status: "denied", reasons: ["pact_violated"] });
    expect((await invoke({ orderId: "o" })).body).toMatchObject({ status: "denied", reasons: ["invalid_arguments"] });
    await sweepEffects();
    const { body: score } = await org.call("GET", `/v1/agents/${agentId}/score`);
    expect(score.dimensions.pactCompliance.checks).toBe(before.checks + 2);
    expect(score.dimensions.pactCompliance.N - score.dimensions.pactCompliance.S).toBeGreaterThan(0.5);
    expect(score.openCriticalViolations).toMatchObject([{ conditionId: "small", passesSince: 0 }]);
    expect(score.dimensions.reliability.N - score.dimensions.reliability.S).toBeGreaterThan(0.5);
    // Its grant is in production still; another promotion would be blocked.
    const [missing, ...others] = (await promotionOf(some)).missing;
    expect([missing.path, others]).toEqual(["score.openCriticalViolations", []]);
    const [{ runId, failedAt, pactDigest }] = score.openCriticalViolations;
    for (const said of ["condition small", pactDigest, runId, failedAt, "28 of 28 later passes", "as well assured as the failure"])
      expect(missing.message).toContain(said);
    // Which call it was, whoever reads what is missing can find out.
    const { body: denied } = await org.call("GET", `/v1/invocations?agentId=${agentId}&status=denied`);
    expect(denied.items.map(({ pactChecks }: { pactChecks: object[] }) => pactChecks)).toMatchObject([
      [{ conditionId: "small", severity: "critical", kept: true }],
      [{ conditionId: "small", severity: "critical", kept: false }],
    ]);
  });
});

describe("a promotion", () => {
  it("is blocked while anything is missing, and says of each how much", async () => {
    const some = await newInvoking();
    const blocked = await promote(some);
    expect(blocked.status).toBe(409);
    expect(blocked.body.code).toBe("promotion_blocked");
    const names = ["accuracy", "pactCompliance", "safety", "reliability"].flatMap((name) => [
      `score.dimensions.${name}.N`,
      `score.dimensions.${name}.checks`,
    ]);
    const report = await promotionOf(some);
    expect(report).toMatchObject({ ready: false, mode: "simulation", missing: blocked.body.errors });
    expect(await missingIn(some)).toEqual([...names, "reviews.accepted"]);
    expect(report.missing[1].message).toBe("Has 0 of 28 scored checks.");
    await giveEvidence(some);
    expect(await missingIn(some)).toEqual(["reviews.accepted"]);
    await passSimulation(some, 4);
    expect((await promotionOf(some)).missing).toEqual([
      { path: "reviews.accepted", message: "Has 4 of 5 simulated calls under the present versions." },
    ]);
    const { body } = await some.invoke(refund);
    expect(await missingIn(some)).toEqual(["reviews.accepted", "reviews.unreviewed"]);
    await some.operator.call("POST", `/v1/grants/${some.grantId}/reviews`, { invocationIds: [body.invocationId], verdict: "accepted" });
    expect(await promotionOf(some)).toMatchObject({ ready: true, missing: [] });
    expect((await promote(some)).status).toBe(200);
    expect((await promote(some)).body.code).toBe("state_conflict");
  });

  it("needs every floor that the policy names, and starts anew with each version: what was reviewed before does not count", async () => {
    const terms = { ...policyTerms(), promotion: { floors: { safety: 0.95, latency: 0.1 }, simulatedCalls: 2 } };
    const some = await readyToPromote({ terms });
    expect(await missingIn(some)).toEqual([
      "score.dimensions.safety.L",
      "score.dimensions.latency.N",
      "score.dimensions.latency.checks",
      "score.dimensions.latency.L",
    ]);
    const other = await readyToPromote();
    expect((await promote(other)).status).toBe(200);
    await other.org.call("PATCH", `/v1/agents/${other.agentId}`, { version: "2" });
    expect((await other.invoke(refund)).body).toMatchObject({ status: "simulated", mode: "simulation" });
    // Old evidence weighs half as much of the new version, and is too little then.
    expect(await missingIn(other)).toEqual(
      expect.arrayContaining(["score.dimensions.accuracy.N", "reviews.accepted", "reviews.unreviewed"]),
    );
  });

  it("is refused for good where a simulated call was rejected, under these versions", async () => {
    const some = await readyToPromote();
    const { body } = await some.invoke(refund);
    const path = `/v1/grants/${some.grantId}/reviews`;
    const review = (invocationIds: string[], verdict: string) => some.operator.call("POST", path, { invocationIds, verdict });
    expect((await review([body.invocationId], "rejected")).status).toBe(200);
    expect(await missingIn(some)).toEqual(["reviews.rejected"]);
    const again = await review([body.invocationId], "accepted");
    expect([again.status, again.body.errors]).toEqual([409, [{ path: "body.invocationIds.0", message: "It is rejected already." }]]);
    const denied = (await some.invoke({ orderId: "o" })).body.invocationId;
    expect((await review([denied], "accepted")).body.errors[0].message).toMatch(/this one is denied/);
    const others = await newInvoking();
    const foreign = (await others.invoke(refund)).body.invocationId;
    expect((await review([foreign], "accepted")).body.errors[0].message).toBe("There is no such call of this grant.");
  });

  it("takes a person, and another one than the agent's own where four eyes are asked for", async () => {
    const terms = { ...policyTerms(), approval: { fourEyes: true } };
    const some = await readyToPromote({ terms });
    const path = `/v1/grants/${some.grantId}/promote`;
    expect((await some.org.call("POST", path)).body.code).toBe("person_needed");
    expect((await some.asAgent("POST", path)).body.code).toBe("person_needed");
    expect((await some.org.call("POST", `/v1/grants/${some.grantId}/reviews`, {})).body.code).toBe("person_needed");
    expect((await promote(some)).body.code).toBe("four_eyes");
    const viewer = await signInAs(some.org, "viewer");
    expect((await viewer.call("POST", path)).body.code).toBe("forbidden");
    const another = await signInAs(some.org, "operator");
    expect((await another.call("POST", path)).status).toBe(200);
  });

  it("can be taken back by a key of the organization, and not by the agent's", async () => {
    const some = await readyToPromote();
    const path = `/v1/grants/${some.grantId}/demote`;
    expect((await some.org.call("POST", path)).status).toBe(409);
    await promote(some);
    expect((await some.asAgent("POST", path)).status).toBe(403);
    const demoted = await some.org.call("POST", path);
    expect(demoted.body).toMatchObject({ mode: "simulation", simulationReasons: ["never_promoted"], promotedAt: null });
    expect((await some.invoke(refund)).body.status).toBe("simulated");
    expect((await some.org.call("POST", path)).status).toBe(409);
  });
});
