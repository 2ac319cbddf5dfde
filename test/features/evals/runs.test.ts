import { describe, expect, it } from "vitest";
import { ownerSees, roundTrips } from "../../support/harness.ts";
import { easyCases, openWorld } from "./run-world.ts";

const nowhere = "0".repeat(22);

describe("a run", () => {
  it("asks the agent once for each case, records it at once, and ends with a verdict", async () => {
    const world = await openWorld("echo", easyCases(8));
    const started = await world.start({ concurrency: 2 });
    expect(started.status).toBe(202);
    expect(started.body).toMatchObject({ status: "queued", counts: { total: 8, notRun: 8 }, verdict: null });
    const run = await world.waitFor(started.body.id, ({ finishedAt }) => finishedAt !== null);
    expect(run).toMatchObject({
      status: "completed",
      recordedCases: 8,
      counts: { total: 8, passed: 8, failed: 0, errored: 0, notRun: 0 },
      passRate: 1,
      availability: 1,
      verdict: "pass",
      suiteAuthor: world.orgId,
    });
    expect(await world.calls()).toBe(8);
    const cases = await world.cases(started.body.id);
    expect(cases).toHaveLength(8);
    expect(cases[3]).toMatchObject({
      index: 3,
      caseId: "c3",
      status: "pass",
      attribution: null,
      attempts: [{ outcome: "answered", httpStatus: 200 }],
      inputDigest: expect.stringMatching(/^sha256:/),
      outputDigest: expect.stringMatching(/^sha256:/),
    });
  });

  it("writes an audit event for its queueing, start, every case and its end", async () => {
    const world = await openWorld("echo", easyCases(3));
    const run = await world.finish();
    const events = await ownerSees(
      "select action, actor from audit_events where org_id = $1 and resource = $2 order by seq",
      world.orgId,
      run.id,
    );
    expect(events.map(({ action }) => action)).toEqual([
      "run.queued",
      "run.started",
      "run.case_recorded",
      "run.case_recorded",
      "run.case_recorded",
      "run.finished",
    ]);
    expect(events.slice(1).every(({ actor }) => actor === "system:eval-run")).toBe(true);
  });

  it("leaves evidence and a score, in the same transaction as its end", async () => {
    const world = await openWorld("echo", easyCases(8));
    const run = await world.finish();
    const [evidence] = await ownerSees("select * from evidence where org_id = $1 and run_id = $2", world.orgId, run.id);
    expect(evidence).toMatchObject({ author: world.orgId, assurance: "own_suite", agent_id: world.agentId });
    const scores = await ownerSees("select document from scores where org_id = $1 and agent_id = $2", world.orgId, world.agentId);
    expect(scores).toHaveLength(1);
    const answer = await world.call("GET", `/v1/agents/${world.agentId}/score`);
    expect(answer.body).toMatchObject({ status: "insufficient_evidence", compositeScore: null });
  });

  it("announces what it changes in the score, behind its own end and in the same transaction", async () => {
    const world = await openWorld("echo", easyCases(1, { expectations: [{ kind: "pact" }] }));
    const conditions = [{ id: "polite", severity: "critical", type: "output", operator: "excludes", value: "question" }];
    const pact = await world.call("POST", "/v1/pacts", { agentId: world.agentId, name: "Promise", conditions });
    await world.call("POST", `/v1/pacts/${pact.body.id}/activate`);
    const run = await world.finish({ pactId: pact.body.id });
    const events = await ownerSees(
      "select action, resource, request_id, seq from audit_events where org_id = $1 order by seq",
      world.orgId,
    );
    const [finished, changed, ...rest] = events.slice(events.findIndex(({ action }) => action === "run.finished"));
    expect([finished?.resource, changed?.action, changed?.resource, rest]).toEqual([run.id, "score.changed", world.agentId, []]);
    expect(changed?.request_id).toBe(finished?.request_id);
    const [receipt] = await ownerSees("select event_seq from receipts where org_id = $1 and about = $2", world.orgId, run.id);
    expect(receipt?.event_seq).toBe(finished?.seq);
  });

  it("in simulation is run and shown, and never scored", async () => {
    const world = await openWorld("echo", easyCases(3));
    const run = await world.finish({ mode: "simulation" });
    expect(run).toMatchObject({ status: "completed", mode: "simulation", verdict: expect.any(String) });
    expect(await ownerSees("select id from evidence where org_id = $1", world.orgId)).toEqual([]);
    expect(await ownerSees("select id from scores where org_id = $1", world.orgId)).toEqual([]);
  });

  it("checks the agent's pact, condition by condition", async () => {
    const world = await openWorld("echo", easyCases(3, { expectations: [{ kind: "pact" }] }));
    const conditions = [
      { id: "polite", severity: "critical", type: "output", operator: "excludes", value: "question 1" },
      { id: "quick", severity: "major", type: "latency_ms", operator: "lte", value: 5000 },
    ];
    const pact = await world.call("POST", "/v1/pacts", { agentId: world.agentId, name: "Promise", conditions });
    expect((await world.start({ pactId: pact.body.id })).status).toBe(409);
    await world.call("POST", `/v1/pacts/${pact.body.id}/activate`);
    const run = await world.finish({ pactId: pact.body.id });
    expect(run).toMatchObject({ counts: { passed: 2, failed: 1 }, pactId: pact.body.id, pactDigest: expect.stringMatching(/^sha256:/) });
    const [, broken] = await world.cases(run.id);
    expect(broken?.checks).toMatchObject([
      { kind: "answered", status: "pass" },
      { place: "pact/0", status: "fail", condition: { id: "polite", severity: "critical" } },
      { place: "pact/1", status: "pass", condition: { id: "quick" } },
    ]);
  });

  it("opens the endpoint's sealed headers for the call, and shows them nowhere", async () => {
    const headers = { "x-key": "s3cret-value" };
    const cases = easyCases(1, { expectations: [{ kind: "equals", value: "s3cret-value" }] });
    const world = await openWorld("key", cases, { headers });
    const run = await world.finish();
    expect(run).toMatchObject({ counts: { passed: 1 } });
    const rows = [
      await ownerSees("select * from eval_cases where org_id = $1", world.orgId),
      await ownerSees("select * from eval_runs where org_id = $1", world.orgId),
      await ownerSees("select * from evidence where org_id = $1", world.orgId),
    ];
    expect(JSON.stringify([rows, run, await world.cases(run.id)])).not.toContain("s3cret-value");
    const events = await ownerSees("select kind, count from security_events where org_id = $1", world.orgId);
    expect(events).toEqual([{ kind: "sealed_credential_used", count: 1 }]);
  });
});

describe("starting a run", () => {
  it("takes two round trips, and reading it one", async () => {
    const world = await openWorld("echo", easyCases(1));
    const started = await world.start();
    expect(await roundTrips(started.requestId)).toBe(2);
    const run = await world.call("GET", `/v1/runs/${started.body.id}`);
    expect(await roundTrips(run.requestId)).toBe(1);
    const cases = await world.call("GET", `/v1/runs/${started.body.id}/cases`);
    expect(await roundTrips(cases.requestId)).toBe(1);
    const suites = await world.call("GET", "/v1/suites");
    expect(await roundTrips(suites.requestId)).toBe(1);
  });

  it("is bounded by the plan, in cases and in runs at a time", async () => {
    const small = await openWorld("echo", easyCases(101), { plan: "free" });
    const refused = await small.start();
    expect(refused.status).toBe(409);
    expect(refused.body.code).toBe("plan_limit");
    const busy = await openWorld("slow", easyCases(5, { timeoutMs: 5000 }), { plan: "free" });
    const first = await busy.start({ concurrency: 1 });
    expect(first.status).toBe(202);
    expect((await busy.start()).body.code).toBe("plan_limit");
    await busy.waitFor(first.body.id, ({ finishedAt }) => finishedAt !== null);
    expect((await busy.start()).status).toBe(202);
  });

  it("is bounded by the plan for requests of the same moment too", async () => {
    const world = await openWorld("slow", easyCases(5, { timeoutMs: 5000 }), { plan: "free" });
    const answers = await Promise.all(Array.from({ length: 6 }, () => world.start()));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    const refused = answers.filter(({ status }) => status !== 202);
    expect(refused.map(({ status, body }) => [status, body.code])).toEqual(Array.from({ length: 5 }, () => [409, "plan_limit"]));
    const queued = await ownerSees("select id from eval_runs where org_id = $1", world.orgId);
    expect(queued).toHaveLength(1);
  });

  it("happens once for an Idempotency-Key", async () => {
    const world = await openWorld("echo", easyCases(2));
    const key = { "idempotency-key": crypto.randomUUID() };
    const start = () => world.call("POST", `/v1/agents/${world.agentId}/runs`, { suiteId: world.suiteId }, key);
    const first = await start();
    const second = await start();
    expect(second.status).toBe(202);
    expect(second.body).toEqual(first.body);
    expect(await ownerSees("select id from eval_runs where org_id = $1", world.orgId)).toHaveLength(1);
  });

  it("is refused where the agent cannot be asked, each time by another name", async () => {
    const world = await openWorld("echo", easyCases(1));
    const endpoint = { url: "https://agent.example.com/ask", protocol: "json" };
    const bare = await world.call("POST", "/v1/agents", { externalId: "bare", name: "Bare" });
    const unproven = await world.call("POST", "/v1/agents", { externalId: "unproven", name: "Unproven", endpoint });
    const pact = await world.call("POST", "/v1/pacts", {
      agentId: world.agentId,
      name: "Promise",
      conditions: [{ id: "quick", severity: "major", type: "latency_ms", operator: "lte", value: 5000 }],
    });
    const refusalOf = async (agentId: string, body: Record<string, unknown> = {}) => {
      const { status, body: answer } = await world.call("POST", `/v1/agents/${agentId}/runs`, { suiteId: world.suiteId, ...body });
      return [status, answer.code, answer.errors?.map(({ path }: { path: string }) => path)];
    };
    expect(await refusalOf(bare.body.id)).toEqual([409, "state_conflict", ["agent.endpoint"]]);
    expect(await refusalOf(unproven.body.id)).toEqual([409, "state_conflict", ["agent.endpoint.proof"]]);
    expect(await refusalOf(world.agentId, { pactId: pact.body.id })).toEqual([409, "state_conflict", ["body.pactId"]]);
    expect(await refusalOf(world.agentId, { concurrency: 5 })).toEqual([400, "invalid_request", ["body.concurrency"]]);
    await world.call("POST", `/v1/agents/${world.agentId}/archive`);
    expect(await refusalOf(world.agentId)).toEqual([409, "state_conflict", ["agent.archivedAt"]]);
    expect(await refusalOf(`agt_${nowhere}`)).toEqual([404, "not_found", undefined]);
  });

  it("is refused for a suite or pact of somebody else exactly as for one that is not there", async () => {
    const [mine, theirs] = await Promise.all([openWorld("echo", easyCases(1)), openWorld("echo", easyCases(1))]);
    const conditions = [{ id: "quick", severity: "major", type: "latency_ms", operator: "lte", value: 5000 }];
    const pactOf = async (world: typeof mine, agentId: string) => {
      const { body } = await world.call("POST", "/v1/pacts", { agentId, name: "Promise", conditions });
      return (await world.call("POST", `/v1/pacts/${body.id}/activate`)).body.id as string;
    };
    const sibling = await mine.call("POST", "/v1/agents", { externalId: "sibling", name: "Sibling" });
    const attempts: [string, string, string[]][] = [
      ["suiteId", `sui_${nowhere}`, [theirs.suiteId]],
      ["pactId", `pct_${nowhere}`, [await pactOf(theirs, theirs.agentId), await pactOf(mine, sibling.body.id)]],
    ];
    for (const [field, absent, others] of attempts) {
      const unknown = await mine.start({ [field]: absent });
      expect([unknown.status, unknown.body.code, unknown.body.errors[0].path]).toEqual([400, "invalid_request", `body.${field}`]);
      for (const other of others) {
        const foreign = await mine.start({ [field]: other });
        expect(foreign.text.replaceAll(foreign.requestId, "")).toBe(unknown.text.replaceAll(unknown.requestId, ""));
      }
    }
  });

  it("is refused where it would make more checks than a score considers", async () => {
    const expectations = [...Array.from({ length: 8 }, () => ({ kind: "latency", maxMs: 1000 })), { kind: "pact" }];
    const world = await openWorld("echo", easyCases(500, { expectations }));
    const conditions = Array.from({ length: 32 }, (_, index) => ({
      id: `c${index}`,
      severity: "minor",
      type: "tool_calls",
      operator: "lt",
      value: 9,
    }));
    const pact = await world.call("POST", "/v1/pacts", { agentId: world.agentId, name: "Promise", conditions });
    await world.call("POST", `/v1/pacts/${pact.body.id}/activate`);
    const refused = await world.start({ pactId: pact.body.id });
    expect([refused.status, refused.body.code]).toEqual([400, "invalid_request"]);
    expect(refused.body.errors).toEqual([
      { path: "body.pactId", message: "With this pact the suite makes up to 20500 checks; a run has at most 20000." },
    ]);
    const without = await world.start();
    expect(without.status).toBe(202);
    await world.call("POST", `/v1/runs/${without.body.id}/cancel`);
  });
});

describe("lists of runs and cases", () => {
  it("come in pages, newest run first, cases in the order of the suite", async () => {
    const world = await openWorld("echo", easyCases(5));
    const [first, second] = [await world.finish(), await world.finish()];
    const page = await world.call("GET", `/v1/runs?limit=1&agentId=${world.agentId}`);
    expect(page.body.items.map(({ id }: { id: string }) => id)).toEqual([second.id]);
    const next = await world.call("GET", `/v1/runs?limit=1&cursor=${page.body.nextCursor}`);
    expect(next.body.items.map(({ id }: { id: string }) => id)).toEqual([first.id]);
    expect(next.body.nextCursor).toBeNull();
    expect((await world.call("GET", "/v1/runs?status=queued")).body.items).toEqual([]);
    const some = await world.call("GET", `/v1/runs/${first.id}/cases?limit=3`);
    expect(some.body.items.map(({ index }: { index: number }) => index)).toEqual([0, 1, 2]);
    const rest = await world.call("GET", `/v1/runs/${first.id}/cases?limit=3&cursor=${some.body.nextCursor}`);
    expect(rest.body.items.map(({ index }: { index: number }) => index)).toEqual([3, 4]);
    expect(rest.body.nextCursor).toBeNull();
  });

  it("show a key that is bound to an agent the runs of that agent alone", async () => {
    const world = await openWorld("echo", easyCases(1));
    const other = await world.call("POST", "/v1/agents", { externalId: "other", name: "Other" });
    const run = await world.finish();
    const bound = await world.call("POST", "/v1/keys", { name: "bound", scopes: ["evals:read", "evals:write"], agentId: other.body.id });
    const as = { authorization: `Bearer ${bound.body.key}` };
    expect((await world.call("GET", "/v1/runs", undefined, as)).body.items).toEqual([]);
    expect((await world.call("GET", `/v1/runs/${run.id}`, undefined, as)).status).toBe(404);
    expect((await world.call("GET", `/v1/runs/${run.id}/cases`, undefined, as)).status).toBe(404);
    expect((await world.call("POST", `/v1/agents/${world.agentId}/runs`, { suiteId: world.suiteId }, as)).status).toBe(404);
    expect((await world.call("POST", "/v1/suites", { name: "S", cases: easyCases(2) }, as)).status).toBe(403);
  });
});
