import { describe, expect, it } from "vitest";
import { computeScore } from "../../../src/features/scores/compute-score.ts";
import type { Evidence, EvidenceRecord } from "../../../src/features/scores/evidence.ts";
import { insertEvidence } from "../../../src/features/scores/store.ts";
import { newId } from "../../../src/platform/ids.ts";
import { ownerSees, roundTrips } from "../../support/harness.ts";
import { callApi, createOrganization } from "../../support/organization.ts";
import { dayMs, digestOf, makeRecord, passes } from "./make-evidence.ts";
import { ago, createAgent, finishRun, insertRun, openTenant, quickstart, suiteRun } from "./score-world.ts";

const published = ({ agentId: _agent, computed: _computed, ...document }: Record<string, unknown>) => document;

describe("an agent's score", () => {
  it("is computed, from nothing, for an agent that was never run, in one round trip", async () => {
    const org = await createOrganization();
    const agentId = await createAgent(org);
    const read = await org.call("GET", `/v1/agents/${agentId}/score`);
    expect(read.status).toBe(200);
    expect(await roundTrips(read.requestId)).toBe(1);
    expect(read.body).toMatchObject({ agentId, computed: "on_read", status: "insufficient_evidence", compositeScore: null, totalEvals: 0 });
    expect(read.body.missing).toHaveLength(4);
    expect(read.body.dimensions.safety.inWords).toBe("No evidence, so nothing is known.");
  });

  it("is stored with each run and read as it was stored, in one round trip", async () => {
    const org = await createOrganization();
    const agentId = await createAgent(org);
    await quickstart(org, agentId);
    const read = await org.call("GET", `/v1/agents/${agentId}/score`);
    expect(await roundTrips(read.requestId)).toBe(1);
    expect(read.body).toMatchObject({
      computed: "stored",
      status: "scored",
      compositeScore: 785,
      certificationTier: "silver",
      totalEvals: 9,
    });
    expect(read.body.provenance).toMatchObject({ formula: "ts-1", runs: 9, runsOnRecord: 9, checks: 504, truncated: false });
  });

  it("is computed on read once it is an hour old, and that is not kept", async () => {
    const org = await createOrganization();
    const agentId = await createAgent(org);
    await quickstart(org, agentId, ago(2 * 3_600_000));
    const read = await org.call("GET", `/v1/agents/${agentId}/score`);
    expect(await roundTrips(read.requestId)).toBe(1);
    expect(read.body).toMatchObject({ computed: "on_read", compositeScore: 785 });
    expect(Date.parse(read.body.computedAt)).toBeGreaterThan(Date.now() - 60_000);
    expect(await ownerSees("select id from scores where org_id = $1", org.orgId)).toHaveLength(9);
  });

  it("falls with a new version of the agent at once", async () => {
    const org = await createOrganization();
    const agentId = await createAgent(org);
    await quickstart(org, agentId);
    const { revision } = (await org.call("GET", `/v1/agents/${agentId}`)).body;
    const changed = await org.call("PATCH", `/v1/agents/${agentId}`, { revision, version: "2" });
    expect(changed.status).toBe(200);
    const read = await org.call("GET", `/v1/agents/${agentId}/score`);
    expect(read.body).toMatchObject({ computed: "on_read", status: "insufficient_evidence", provenance: { agentVersionNumber: 2 } });
    expect(read.body.dimensions.safety.N).toBeLessThan(6);
  });

  it("takes in a run that ended while another one was being scored", async () => {
    const org = await createOrganization();
    const agentId = await createAgent(org);
    const [before, first, second] = [ago(3), ago(2), ago(1)];
    await finishRun(org, agentId, suiteRun(1, first), first);
    const blind = await finishRun(org, agentId, suiteRun(2, second), second, before);
    expect(blind.totalEvals).toBe(1);
    expect((await org.call("GET", `/v1/agents/${agentId}/score`)).body).toMatchObject({ computed: "on_read", totalEvals: 2 });
  });

  it("holds a run's evidence once", async () => {
    const org = await createOrganization();
    const agentId = await createAgent(org);
    const record = suiteRun(1, ago(0));
    await finishRun(org, agentId, record, ago(0));
    await expect(finishRun(org, agentId, record, ago(0))).rejects.toThrow();
    expect(await ownerSees("select id from evidence where org_id = $1", org.orgId)).toHaveLength(1);
  });
});

describe("the history of a score", () => {
  it("has every stored score, newest first, in pages of one round trip each", async () => {
    const org = await createOrganization();
    const agentId = await createAgent(org);
    await quickstart(org, agentId);
    const first = await org.call("GET", `/v1/agents/${agentId}/score/history?limit=5`);
    expect(await roundTrips(first.requestId)).toBe(1);
    const second = await org.call("GET", `/v1/agents/${agentId}/score/history?limit=5&cursor=${first.body.nextCursor}`);
    const all = [...first.body.items, ...second.body.items];
    expect(all).toHaveLength(9);
    expect(second.body.nextCursor).toBeNull();
    expect(all.map(({ computedAt }) => computedAt)).toEqual(
      all
        .map(({ computedAt }) => computedAt)
        .toSorted()
        .toReversed(),
    );
    expect(all[0]).toMatchObject({ status: "scored", compositeScore: 785, certificationTier: "silver" });
    expect(all.at(-1)).toMatchObject({ status: "insufficient_evidence", compositeScore: null });
  });
});

describe("the evidence of a score", () => {
  it("recomputes to the very same document, digest and all", async () => {
    const org = await createOrganization();
    const agentId = await createAgent(org);
    await quickstart(org, agentId);
    const leak = makeRecord({
      runId: newId("run"),
      at: ago(0).toISOString(),
      entries: [
        {
          dimension: "pactCompliance",
          value: 0.1 + 0.2,
          caseIndex: 3,
          check: "pact/0",
          condition: { digest: digestOf("c"), pactDigest: digestOf("b"), conditionId: "no-leaks", severity: "critical" },
        },
      ],
      unavailable: [{ dimension: "safety", reason: "no_judge_configured", attribution: "instrument", count: 2 }],
    });
    const planned = await finishRun(org, agentId, leak, ago(0));
    const score = await org.call("GET", `/v1/agents/${agentId}/score`);
    const exported = await org.call("GET", `/v1/agents/${agentId}/score/evidence`);
    expect(await roundTrips(exported.requestId)).toBe(1);
    const recomputed = await computeScore(exported.body as Evidence);
    expect(score.body).toMatchObject({
      computed: "stored",
      certificationTier: null,
      openCriticalViolations: [{ conditionId: "no-leaks" }],
    });
    expect(recomputed).toEqual(published(score.body));
    expect(recomputed).toEqual(planned);
  });

  it("recomputes a score of the past, with the evidence and the agent's version of then", async () => {
    const org = await createOrganization();
    const agentId = await createAgent(org);
    await quickstart(org, agentId);
    const [past] = (await org.call("GET", `/v1/agents/${agentId}/score/history?limit=1`)).body.items;
    const { revision } = (await org.call("GET", `/v1/agents/${agentId}`)).body;
    await org.call("PATCH", `/v1/agents/${agentId}`, { revision, version: "2" });
    const later = new Date(Date.parse(past.computedAt) + 1);
    await finishRun(org, agentId, suiteRun(4, later), later);
    const exported = await org.call("GET", `/v1/agents/${agentId}/score/evidence?asOf=${past.computedAt}`);
    expect(exported.body).toMatchObject({ versionNumber: 1, runsOnRecord: 9 });
    const { compositeScore, computedAt, provenance } = await computeScore(exported.body as Evidence);
    expect({ compositeScore, computedAt, evidenceDigest: provenance.evidenceDigest }).toEqual({
      compositeScore: past.compositeScore,
      computedAt: past.computedAt,
      evidenceDigest: past.evidenceDigest,
    });
  });

  it("is not asked for as of the future, nor as of what is no time", async () => {
    const org = await createOrganization();
    const agentId = await createAgent(org);
    for (const asOf of [ago(-dayMs).toISOString(), "yesterday"]) {
      const refused = await org.call("GET", `/v1/agents/${agentId}/score/evidence?asOf=${asOf}`);
      expect(refused.body).toMatchObject({ status: 400, code: "invalid_request", errors: [{ path: "query.asOf" }] });
    }
  });

  it("is read within bounds: as the formula would choose among all of it", async () => {
    const org = await createOrganization();
    const agentId = await createAgent(org);
    const tenant = await openTenant(org);
    const at = ago(1000);
    const thousands = (suite: number, run: number, change: Partial<EvidenceRecord> = {}) =>
      makeRecord({
        runId: newId("run"),
        suiteDigest: digestOf(suite),
        at: new Date(at.getTime() + run).toISOString(),
        entries: passes(6000).map((value, caseIndex) => ({ dimension: "accuracy", value, caseIndex, check: "0" })),
        ...change,
      });
    const rare = thousands(2, 0);
    const own = thousands(3, 9, { author: org.orgId, assurance: "own_suite" });
    for (const record of [rare, ...[1, 2, 3, 4, 5, 6, 7, 8].map((run) => thousands(1, run)), own]) {
      await tenant.write({ action: "run.finished", resource: record.runId, change: null, answer: null }, (db) => [
        insertRun(db, agentId, record),
        insertEvidence(db, newId("evidence"), agentId, record),
      ]);
    }
    const { records, runsOnRecord } = (await org.call("GET", `/v1/agents/${agentId}/score/evidence`)).body;
    expect(runsOnRecord).toBe(10);
    expect(records).toHaveLength(4);
    expect(records.map(({ runId }: EvidenceRecord) => runId)).toContain(rare.runId);
    expect(records.map(({ runId }: EvidenceRecord) => runId)).not.toContain(own.runId);
    const score = (await org.call("GET", `/v1/agents/${agentId}/score`)).body;
    expect(score.provenance).toMatchObject({ runs: 4, runsOnRecord: 10, truncated: true });
  });
});

describe("scores", () => {
  const paths = ["score", "score/history", "score/evidence"];

  it.each(paths)("of another organization's agent are as unknown as those of none: %s", async (path) => {
    const [owner, other] = await Promise.all([createOrganization(), createOrganization()]);
    const agentId = await createAgent(owner);
    const foreign = await other.call("GET", `/v1/agents/${agentId}/${path}`);
    const unknown = await other.call("GET", `/v1/agents/${newId("agent")}/${path}`);
    expect(foreign.status).toBe(404);
    expect({ ...foreign.body, requestId: "" }).toEqual({ ...unknown.body, requestId: "" });
  });

  it.each(paths)("are hidden from a key that is bound to another agent: %s", async (path) => {
    const org = await createOrganization();
    const agentId = await createAgent(org);
    const sibling = (await org.call("POST", "/v1/agents", { externalId: "sibling", name: "Sibling" })).body.id;
    const { key } = (await org.call("POST", "/v1/keys", { name: "bound", scopes: ["scores:read"], agentId: sibling })).body;
    const asSibling = (of: string) =>
      callApi("GET", `/v1/agents/${of}/${path}`, undefined, { authorization: `Bearer ${key}`, "cf-connecting-ip": org.address });
    expect((await asSibling(sibling)).status).toBe(200);
    expect((await asSibling(agentId)).status).toBe(404);
  });

  it.each(paths)("need the scope scores:read: %s", async (path) => {
    const org = await createOrganization({ scopes: ["agents:read", "agents:write", "evals:read"] });
    const agentId = await createAgent(org);
    expect((await org.call("GET", `/v1/agents/${agentId}/${path}`)).status).toBe(403);
  });
});
