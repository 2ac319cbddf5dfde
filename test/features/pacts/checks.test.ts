import { describe, expect, it } from "vitest";
import { ownerSees, roundTrips } from "../../support/harness.ts";
import { callApi, createOrganization } from "../../support/organization.ts";
import { activePact, cheap, fast, newAgent, newPact, payee } from "./pact-world.ts";

describe("verifying an observation", () => {
  it("answers with every violation, keeps the check, and is audited when it passes and when it fails", async () => {
    const org = await createOrganization();
    const pact = await activePact(org, [fast, payee]);
    const verify = (report: object) => org.call("POST", `/v1/pacts/${pact.id}/verify`, report);
    const kept = await verify({
      input: "hi",
      output: "hello",
      latencyMs: 900,
      toolCalls: [{ tool: "pay", arguments: { to: "alice", amount: 5 } }],
    });
    expect(kept.status, kept.text).toBe(200);
    expect(await roundTrips(kept.requestId)).toBe(2);
    expect(kept.body).toMatchObject({ kind: "verify", compliant: true, assurance: 0, violations: [], pactDigest: pact.digest });
    const broken = await verify({ latencyMs: 5_000, toolCalls: [{ tool: "pay", arguments: { to: "mallory", amount: 1_000 } }] });
    expect(broken.body.compliant).toBe(false);
    expect(broken.body.violations).toEqual([
      { conditionId: "fast", severity: "minor", reason: "latency_ms 5000 is not lte 2000" },
      { conditionId: "payee", severity: "critical", reason: "to: not in allowList" },
      { conditionId: "payee", severity: "critical", reason: "amount: above maxAmount 100" },
    ]);
    const checks = await ownerSees("select id, compliant, report_digest from pact_checks where pact_id = $1 order by created_at", pact.id);
    expect(checks.map(({ id, compliant }) => [id, compliant])).toEqual([
      [kept.body.id, true],
      [broken.body.id, false],
    ]);
    expect(JSON.stringify(checks)).not.toContain("mallory");
    const events = await ownerSees("select resource from audit_events where org_id = $1 and action = 'pact.verified'", org.orgId);
    expect(events).toHaveLength(2);
  });

  it("does not take silence for a pass", async () => {
    const org = await createOrganization();
    const pact = await activePact(org, [fast, cheap]);
    const answer = await org.call("POST", `/v1/pacts/${pact.id}/verify`, { latencyMs: 900 });
    expect(answer.body).toMatchObject({ compliant: null, violations: [] });
    expect(answer.body.results).toEqual([
      { conditionId: "fast", severity: "minor", status: "pass" },
      { conditionId: "cheap", severity: "major", status: "unscored", attribution: "instrument", reasons: ["cost_usd was not reported"] },
    ]);
    const [check] = await ownerSees("select compliant from pact_checks where pact_id = $1", pact.id);
    expect(check?.["compliant"]).toBeNull();
    for (const report of [{}, { latencyMs: -1 }, { latency: 5 }, { toolCalls: [{ tool: "pay" }] }]) {
      expect((await org.call("POST", `/v1/pacts/${pact.id}/verify`, report)).status).toBe(400);
    }
  });

  it("is for active pacts", async () => {
    const org = await createOrganization();
    const draft = await newPact(org);
    expect((await org.call("POST", `/v1/pacts/${draft.id}/verify`, { latencyMs: 1 })).status).toBe(409);
    expect((await org.call("POST", `/v1/pacts/${draft.id}/validate-call`, { tool: "pay", arguments: {} })).status).toBe(409);
  });

  const critical = (id: string, fields: object) => ({ id, severity: "critical", ...fields });
  const slow = critical("pattern", { type: "output", path: "text", operator: "matches", value: "(?:a|b)*a(?:a|b){200}c" });

  it("ends in time, and finds the promise broken, where the answer is made to be too large to check", async () => {
    const org = await createOrganization();
    const pairs = critical("pairs", { type: "cel", expression: "output.list.all(a, output.list.all(b, a + b >= 0.0))" });
    const pact = await activePact(org, [slow, pairs]);
    const output = { text: `c${"ab".repeat(60_000)}`, list: Array.from({ length: 8_000 }, (_, i) => i) };
    const answer = await org.call("POST", `/v1/pacts/${pact.id}/verify`, { output });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({ compliant: false, violations: [{ conditionId: "pattern" }, { conditionId: "pairs" }] });
    const small = { text: `c${"ab".repeat(1_000)}`, list: Array.from({ length: 100 }, (_, i) => i) };
    expect((await org.call("POST", `/v1/pacts/${pact.id}/verify`, { output: small })).body).toMatchObject({
      results: [{ status: "fail" }, { status: "pass" }],
    });
  });

  it("is not begun with expressions that are made to hang: such a pact is refused, each by its place", async () => {
    const org = await createOrganization();
    const conditions = [
      slow,
      critical("nested", {
        type: "cel",
        expression: "output.list.all(a, output.list.all(b, output.list.all(c, a.list + b.list + c.list >= 0.0)))",
      }),
      critical("doubling", { type: "cel", expression: `size(["ab"]${".map(x, x + x)".repeat(40)}[0]) > 5` }),
      critical("shared", { type: "cel", expression: `[1]${".map(x, [x, x])".repeat(24)} == [1]${".map(x, [x, x])".repeat(24)}` }),
      critical("classes", { type: "output", operator: "matches", value: `(?i)${"\\PL".repeat(110)}` }),
    ];
    const agentId = await newAgent(org);
    const answer = await org.call("POST", "/v1/pacts", { agentId, name: "Promises", conditions });
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map(({ path }: { path: string }) => path)).toEqual([
      "body.conditions.1.expression",
      "body.conditions.2.expression",
      "body.conditions.3.expression",
      "body.conditions.4.value",
    ]);
  });
});

describe("validating a call", () => {
  it("says before the call whether the pact allows it, and is audited either way", async () => {
    const org = await createOrganization();
    const pact = await activePact(org, [fast, payee]);
    const validate = async (tool: string, toolArguments: unknown) =>
      (await org.call("POST", `/v1/pacts/${pact.id}/validate-call`, { tool, arguments: toolArguments })).body;
    expect(await validate("pay", { to: "alice", amount: "99.99" })).toMatchObject({ kind: "validate_call", compliant: true, assurance: 0 });
    expect(await validate("pay", { to: ["alice", "mallory"] })).toMatchObject({ compliant: false });
    expect(await validate("pay", {})).toMatchObject({ compliant: false, violations: [{ reason: "to: required, but missing" }] });
    expect(await validate("read", {})).toMatchObject({ compliant: null, violations: [] });
    const events = await ownerSees("select 1 from audit_events where org_id = $1 and action = 'pact.call_validated'", org.orgId);
    expect(events).toHaveLength(4);
    const listed = await org.call("GET", `/v1/pacts/${pact.id}/checks?limit=3`);
    expect(listed.body.items.map(({ compliant }: { compliant: boolean | null }) => compliant)).toEqual([null, false, false]);
    expect(listed.body.items[1].violations).toMatchObject([{ reason: "to: required, but missing" }]);
    expect(await roundTrips(listed.requestId)).toBe(1);
  });

  it("needs a scope of its own, with which nothing can be promised or changed", async () => {
    const org = await createOrganization();
    const pact = await activePact(org, [payee]);
    const key = await org.call("POST", "/v1/keys", { name: "agent", scopes: ["pacts:verify"], agentId: pact.agentId });
    const call = (path: string, body?: unknown) =>
      callApi("POST", path, body, { authorization: `Bearer ${key.body.key}`, "cf-connecting-ip": org.address });
    expect((await call(`/v1/pacts/${pact.id}/validate-call`, { tool: "pay", arguments: { to: "alice" } })).body.compliant).toBe(true);
    expect((await call(`/v1/pacts/${pact.id}/retire`)).status).toBe(403);
    const theirs = await activePact(org, [payee]);
    expect((await call(`/v1/pacts/${theirs.id}/validate-call`, { tool: "pay", arguments: {} })).status).toBe(404);
  });
});
