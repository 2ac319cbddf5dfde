import { describe, expect, it } from "vitest";
import { computeScore } from "../../../src/features/scores/compute-score.ts";
import { packAnswer } from "../../../src/payments/kept-answer.ts";
import { newId } from "../../../src/platform/ids.ts";
import { roundTrips } from "../../support/harness.ts";
import { createOrganization, type TestOrganization } from "../../support/organization.ts";
import { balanceOf, newPayer, pay } from "../../support/payments.ts";
import { makeEvidence, makeFullRun, passes } from "../scores/make-evidence.ts";
import { quickstart } from "../scores/score-world.ts";

const evidenceOf = (agentId: string) => ({ path: `/v1/trust/${agentId}/evidence` });

async function evaluatedAgent(org: TestOrganization, isPublic = true): Promise<string> {
  const fields = { externalId: crypto.randomUUID(), name: "Bot", isPublic, description: "for internal use", provider: "acme-internal" };
  const made = await org.call("POST", "/v1/agents", fields);
  await quickstart(org, made.body.id);
  return made.body.id;
}

describe("the trust oracle with evidence", () => {
  it("gives whoever pays what the score is recomputed from, to the digit, as its owner exports it, in one round trip", async () => {
    const org = await createOrganization();
    const agentId = await evaluatedAgent(org);
    const payer = await newPayer();
    const answer = await pay(payer, evidenceOf(agentId));
    expect(answer.status, answer.text).toBe(200);
    expect(await roundTrips(answer.requestId)).toBe(1);
    const { trust, evidence } = answer.body;
    const recomputed = await computeScore(evidence);
    expect(recomputed).toMatchObject({
      compositeScore: 785,
      certificationTier: trust.score.tier,
      computedAt: trust.score.computedAt,
      provenance: { evidenceDigest: trust.score.evidenceDigest, runs: 9 },
    });
    expect(trust.score.composite).toBe(785);
    const owned = await org.call("GET", `/v1/agents/${agentId}/score`);
    expect({ agentId, computed: "stored", ...recomputed }).toEqual(owned.body);
    expect(evidence).toEqual((await org.call("GET", `/v1/agents/${agentId}/score/evidence`)).body);
    expect(await balanceOf(payer)).toBe(999_000);
  });

  it("shows no more of the agent and its organization than the public report does, but for the records", async () => {
    const org = await createOrganization();
    const agentId = await evaluatedAgent(org);
    const hidden = await org.call("POST", "/v1/agents", { externalId: "hidden", name: "Hidden one" });
    const answer = await pay(await newPayer(), evidenceOf(agentId));
    const shown = await org.call("GET", `/v1/trust/${agentId}`);
    const { computedAt: _then, ...trust } = answer.body.trust;
    const { computedAt: _now, ...report } = shown.body;
    expect(trust).toEqual(report);
    for (const secret of ["internal", "Hidden", hidden.body.id, org.keyId, "externalId", "requestedBy"])
      expect(answer.text).not.toContain(secret);
    expect(Object.keys(answer.body.evidence.records[0]).toSorted()).toEqual(
      ["runId", "suiteDigest", "author", "assurance", "versionNumber", "versionDigest", "at", "entries", "unavailable"].toSorted(),
    );
  });

  it("is free with the scope, of any public agent and of one's own, and of nobody else's private one", async () => {
    const [org, stranger] = [await createOrganization(), await createOrganization({ scopes: ["scores:read"] })];
    const [open, hidden] = [await evaluatedAgent(org), await evaluatedAgent(org, false)];
    const seen = await stranger.call("GET", evidenceOf(open).path);
    expect(seen.status, seen.text).toBe(200);
    expect(seen.body.evidence.ownerOrg).toBe(org.orgId);
    expect(await roundTrips(seen.requestId)).toBe(1);
    const own = await org.call("GET", evidenceOf(hidden).path);
    expect(own.status, own.text).toBe(200);
    expect(own.body.trust.score.composite).toBe(785);
    const [foreign, unknown] = await Promise.all([hidden, newId("agent")].map((id) => stranger.call("GET", evidenceOf(id).path)));
    expect([foreign?.status, unknown?.status]).toEqual([404, 404]);
    const bound = await org.call("POST", "/v1/keys", { name: "bound", scopes: ["scores:read"], agentId: open });
    const asBound = (id: string) => org.call("GET", evidenceOf(id).path, undefined, { authorization: `Bearer ${bound.body.key}` });
    expect([(await asBound(open)).status, (await asBound(hidden)).status]).toEqual([200, 404]);
  });

  it("of as many checks as a score considers can be kept as an answer", async () => {
    const unique = (): string =>
      `sha256:${[...crypto.getRandomValues(new Uint8Array(32))].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
    // One check a run: the least that repeats itself for each that is considered.
    const runs = Array.from({ length: 10_000 }, () => ({
      ...makeFullRun(passes(1), { runId: newId("run"), suiteDigest: unique() }),
      entries: makeFullRun(passes(1)).entries.slice(0, 1),
    }));
    const body = JSON.stringify(makeEvidence(runs));
    expect(body.length).toBeGreaterThan(3_000_000);
    expect(await packAnswer({ status: 200, mediaType: "application/json", body })).toBeDefined();
  });
});
