import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scoreContent } from "../../../src/features/attestations/claims.ts";
import { computeScore } from "../../../src/features/scores/compute-score.ts";
import { dimensionNames } from "../../../src/scores/names.ts";
import { sha256Digest } from "../../../src/crypto/digest.ts";
import { makeEvidence, makeRun, passes } from "../scores/make-evidence.ts";
import { easyCases, openWorld } from "../evals/run-world.ts";
import { setClaimPolicy } from "../../support/harness.ts";
import { openPolicy } from "../../support/open-policy.ts";
import { organizationWithAgent, statementOf } from "./attestation-world.ts";

const version = { number: 1, digest: `sha256:${"ab".repeat(32)}` };

describe("what is held back of a score", () => {
  it("stands nowhere in the claim: not its figures, not how much of it is missing, not its rate", async () => {
    const records = dimensionNames.map((dimension, index) => makeRun([...passes(index + 1), 0], {}, dimension));
    const document = await computeScore(makeEvidence(records));
    await fc.assert(
      fc.asyncProperty(fc.subarray([...dimensionNames]), fc.boolean(), async (dimensions, evidenceDigests) => {
        const { claim, subject } = scoreContent(document, version, { dimensions, evidenceDigests });
        const { dimensions: figures, withheldDimensions, missing, pactComplianceRate, provenance } = JSON.parse(JSON.stringify(claim));
        expect(Object.keys(figures).toSorted()).toEqual(dimensions.toSorted());
        expect([...withheldDimensions, ...dimensions].toSorted()).toEqual([...dimensionNames].toSorted());
        expect(pactComplianceRate).toBe(dimensions.includes("pactCompliance") ? document.pactComplianceRate : undefined);
        expect(missing.map(({ dimension }: { dimension: string }) => dimension)).toEqual(
          document.missing.map(({ dimension }) => dimension),
        );
        for (const one of missing) expect("has" in one).toBe(dimensions.includes(one.dimension));
        expect(provenance.evidenceDigest).toBe(evidenceDigests ? document.provenance.evidenceDigest : null);
        const told = JSON.stringify({ claim, subject });
        expect(told.includes(document.provenance.evidenceDigest.slice(7))).toBe(evidenceDigests);
        for (const name of withheldDimensions) expect(told).not.toContain(`"S":${document.dimensions[name as "safety"].S}`);
      }),
    );
    expect(document.missing.length).toBeGreaterThan(1);
  });
});

describe("an attestation of an eval run", () => {
  it("says what the run was, its mode, who wrote the suite, and digests of its cases only where they were asked for", async () => {
    const world = await openWorld("echo", easyCases(2));
    await setClaimPolicy(world.orgId, openPolicy);
    const run = await world.finish({ mode: "simulation" });
    const attest = (about: object) =>
      world.call("POST", `/v1/agents/${world.agentId}/attestations`, { about: { kind: "eval_run", runId: run.id, ...about } });
    const { subject, predicate, predicateType } = statementOf((await attest({})).body.statement);
    expect(predicateType).toBe("https://armalo.ai/attestation/eval-run/v1");
    expect(predicate.claim).toMatchObject({
      runId: run.id,
      mode: "simulation",
      suiteAuthor: world.orgId,
      status: "completed",
      passRate: 1,
      availability: 1,
      casesDigest: null,
    });
    expect(subject.map(({ name }: { name: string }) => name)).toEqual(["agent-version", "eval-suite"]);
    const digested = statementOf((await attest({ evidenceDigests: true })).body.statement);
    expect(digested.predicate.claim.casesDigest).toMatch(/^sha256:/);
    expect(digested.subject.map(({ name }: { name: string }) => name)).toContain("eval-cases");
    await setClaimPolicy(world.orgId, { rules: [{ ...openPolicy.rules[0], evidenceDigests: false }] });
    expect((await attest({ evidenceDigests: true })).body.code).toBe("claim_not_allowed");
  });

  it("is of a run that ended, of this agent", async () => {
    const world = await openWorld("hang", easyCases(1));
    await setClaimPolicy(world.orgId, openPolicy);
    const started = await world.start();
    const about = { kind: "eval_run", runId: started.body.id };
    const attest = (agentId: string) => world.call("POST", `/v1/agents/${agentId}/attestations`, { about });
    expect((await attest(world.agentId)).status).toBe(409);
    const other = await world.call("POST", "/v1/agents", { externalId: "other", name: "Other" });
    expect((await attest(other.body.id)).status).toBe(404);
    await world.call("POST", `/v1/runs/${started.body.id}/cancel`);
  });
});

describe("what is told of an attestation", () => {
  it("is all in what was signed, but for its state", async () => {
    const { org, attest } = await organizationWithAgent();
    const { body } = await attest();
    const { predicate } = statementOf(body.statement);
    const { kid } = JSON.parse(atob(body.statement.split(".")[0].replaceAll("-", "+").replaceAll("_", "/")));
    expect(body).toMatchObject({
      id: predicate.id,
      agentId: predicate.agent.id,
      about: predicate.agent.id,
      issuedAt: predicate.issuedAt,
      expiresAt: predicate.expiresAt,
      kid,
    });
    expect(predicate.claimPolicy).toBe((await org.call("GET", "/v1/claim-policy")).body.digest);
    const payload = Uint8Array.from(atob(body.statement.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    expect(body.digest).toBe(await sha256Digest(payload));
  });

  it("is that a test organization's is one of a test organization", async () => {
    const { attest } = await organizationWithAgent({ environment: "test" });
    const { body } = await attest();
    expect(statementOf(body.statement).predicate.deployment).toEqual({ kind: "local", environment: "test" });
  });
});
