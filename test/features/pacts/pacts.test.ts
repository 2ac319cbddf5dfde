import { describe, expect, it } from "vitest";
import { ownerSees, roundTrips } from "../../support/harness.ts";
import { callApi, createOrganization, type TestOrganization } from "../../support/organization.ts";

const fast = { id: "fast", type: "latency_ms", operator: "lte", value: 2, unit: "s", severity: "minor" };
const payee = {
  id: "payee",
  type: "param_binding",
  tool: "pay",
  rules: [
    { paramPath: "to", allowList: ["alice"], required: true },
    { paramPath: "amount", maxAmount: 100 },
  ],
  severity: "critical",
};
const cheap = { id: "cheap", type: "cost_usd", operator: "lt", value: 0.05, severity: "major" };
let made = 0;

async function newAgent(org: TestOrganization): Promise<string> {
  const answer = await org.call("POST", "/v1/agents", { externalId: `agent-${(made += 1)}`, name: "Support" });
  return answer.body.id;
}
async function newPact(org: TestOrganization, conditions: readonly object[] = [fast], agentId?: string) {
  const answer = await org.call("POST", "/v1/pacts", { agentId: agentId ?? (await newAgent(org)), name: "Promise", conditions });
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
}
async function activePact(org: TestOrganization, conditions?: readonly object[]) {
  const { id } = await newPact(org, conditions);
  const answer = await org.call("POST", `/v1/pacts/${id}/activate`);
  expect(answer.status, answer.text).toBe(200);
  return answer.body;
}
const stateOf = async (org: TestOrganization, id: string) => (await org.call("GET", `/v1/pacts/${id}`)).body.state;
const errorPaths = (body: { errors?: { path: string }[] }) => (body.errors ?? []).map(({ path }) => path);

describe("drafting a pact", () => {
  it("takes one round trip, and so does reading it", async () => {
    const org = await createOrganization();
    const agentId = await newAgent(org);
    const created = await org.call("POST", "/v1/pacts", { agentId, name: "Promise", conditions: [fast, payee] });
    expect(created.status).toBe(201);
    expect(await roundTrips(created.requestId)).toBe(1);
    expect(created.body).toMatchObject({ agentId, version: 1, lineageId: created.body.id, state: "draft", digest: null });
    const read = await org.call("GET", `/v1/pacts/${created.body.id}`);
    expect(await roundTrips(read.requestId)).toBe(1);
    expect(read.body).toEqual(created.body);
    expect(read.body.conditions[0]).toEqual({ ...fast, verificationMethod: "deterministic" });
  });

  it.each<[object, string]>([
    [{ name: "" }, "body.name"],
    [{ conditions: [] }, "body.conditions"],
    [{ conditions: [fast, fast] }, "body.conditions.1.id"],
    [{ conditions: [{ ...fast, unit: "usd" }] }, "body.conditions.0.unit"],
    [{ conditions: [{ ...fast, severity: "fatal" }] }, "body.conditions.0.severity"],
    [{ conditions: [{ ...fast, type: "mood" }] }, "body.conditions.0.type"],
    [{ conditions: [{ ...fast, tolerance: 3 }] }, "body.conditions.0.tolerance"],
    [{ conditions: [{ id: "c", severity: "minor", type: "cel", expression: "output.a ==" }] }, "body.conditions.0.expression"],
    [{ conditions: [{ id: "c", severity: "minor", type: "cel", expression: "latencyMs" }] }, "body.conditions.0.expression"],
    [
      { conditions: [{ id: "c", severity: "minor", type: "cel", expression: "output.matches('(a+)+$(?=b)')" }] },
      "body.conditions.0.expression",
    ],
    [{ conditions: [{ id: "c", severity: "minor", type: "output", operator: "matches", value: "(a)\\1" }] }, "body.conditions.0.value"],
    [
      { conditions: [{ id: "c", severity: "minor", type: "output", operator: "matches", value: "((a{30}){30}){30}" }] },
      "body.conditions.0.value",
    ],
    [{ conditions: [{ ...payee, rules: [{ paramPath: "a..b", required: true }] }] }, "body.conditions.0.rules.0.paramPath"],
    [{ conditions: Array.from({ length: 33 }, (_, i) => ({ ...fast, id: `c${i}` })) }, "body.conditions"],
    [{ state: "active" }, "body.state"],
  ])("refuses %j and names the field", async (fields, path) => {
    const org = await createOrganization();
    const answer = await org.call("POST", "/v1/pacts", { agentId: await newAgent(org), name: "Promise", conditions: [fast], ...fields });
    expect([answer.status, answer.body.code]).toEqual([400, "invalid_request"]);
    expect(errorPaths(answer.body)).toContain(path);
  });

  it("refuses another organization's agent exactly like one that never existed", async () => {
    const [org, other] = await Promise.all([createOrganization(), createOrganization()]);
    const draft = (agentId: string) => org.call("POST", "/v1/pacts", { agentId, name: "Promise", conditions: [fast] });
    const [foreign, unknown] = [await draft(await newAgent(other)), await draft("agt_0000000000000000000000")];
    expect([foreign.status, errorPaths(foreign.body)]).toEqual([400, ["body.agentId"]]);
    expect(foreign.text.replace(foreign.requestId, "")).toBe(unknown.text.replace(unknown.requestId, ""));
  });
});

describe("activating a pact", () => {
  it("freezes it: its digest is fixed and its content changes no more", async () => {
    const org = await createOrganization();
    const draft = await newPact(org);
    expect((await org.call("PATCH", `/v1/pacts/${draft.id}`, { name: "Better" })).body.name).toBe("Better");
    const activated = await org.call("POST", `/v1/pacts/${draft.id}/activate`);
    expect(activated.status).toBe(200);
    expect(await roundTrips(activated.requestId)).toBe(2);
    expect(activated.body.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(activated.body).toMatchObject({ state: "active", name: "Better" });
    const patched = await org.call("PATCH", `/v1/pacts/${draft.id}`, { conditions: [{ ...fast, value: 99 }] });
    expect([patched.status, patched.body.code]).toEqual([409, "state_conflict"]);
    expect((await org.call("POST", `/v1/pacts/${draft.id}/activate`)).status).toBe(409);
    expect((await org.call("GET", `/v1/pacts/${draft.id}`)).body).toEqual(activated.body);
  });

  it("supersedes the version that was active, in the same write", async () => {
    const org = await createOrganization();
    const first = await activePact(org);
    const version = async (changes: object) => (await org.call("POST", `/v1/pacts/${first.id}/versions`, changes)).body;
    const second = await version({ conditions: [fast, cheap] });
    expect(second).toMatchObject({ version: 2, lineageId: first.id, agentId: first.agentId, name: first.name, state: "draft" });
    expect(await stateOf(org, first.id)).toBe("active");
    const activated = await org.call("POST", `/v1/pacts/${second.id}/activate`);
    expect(activated.status).toBe(200);
    expect(await roundTrips(activated.requestId)).toBe(2);
    expect(await stateOf(org, first.id)).toBe("superseded");
    const third = await version({});
    expect(third).toMatchObject({ version: 3, conditions: first.conditions });
    await org.call("POST", `/v1/pacts/${third.id}/activate`);
    expect(await stateOf(org, second.id)).toBe("superseded");
    const events = await ownerSees(
      "select resource from audit_events where org_id = $1 and action = 'pact.activated' order by seq",
      org.orgId,
    );
    expect(events.map(({ resource }) => resource)).toEqual([first.id, second.id, third.id]);
  });

  it("of two versions at the same moment leaves one active", async () => {
    const org = await createOrganization();
    const first = await activePact(org);
    const drafts = await Promise.all(Array.from({ length: 4 }, () => org.call("POST", `/v1/pacts/${first.id}/versions`, {})));
    const numbers = drafts.filter(({ status }) => status === 201).map(({ body }) => body.version);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(drafts.every(({ status }) => status === 201 || status === 409)).toBe(true);
    await org.call("POST", `/v1/pacts/${first.id}/versions`, {});
    const all = (await org.call("GET", `/v1/pacts?agentId=${first.agentId}&state=draft`)).body.items;
    await Promise.all(all.map(({ id }: { id: string }) => org.call("POST", `/v1/pacts/${id}/activate`)));
    expect((await org.call("GET", `/v1/pacts?agentId=${first.agentId}&state=active`)).body.items).toHaveLength(1);
  });

  it("needs an agent in service", async () => {
    const org = await createOrganization();
    const draft = await newPact(org);
    await org.call("POST", `/v1/agents/${draft.agentId}/archive`);
    expect((await org.call("POST", `/v1/pacts/${draft.id}/activate`)).status).toBe(409);
  });

  it("ends with its retirement, which is for good", async () => {
    const org = await createOrganization();
    const pact = await activePact(org);
    const retired = await org.call("POST", `/v1/pacts/${pact.id}/retire`);
    expect([retired.status, retired.body.state, retired.body.digest]).toEqual([200, "retired", pact.digest]);
    for (const path of ["activate", "retire"]) expect((await org.call("POST", `/v1/pacts/${pact.id}/${path}`)).status).toBe(409);
    expect((await org.call("POST", `/v1/pacts/${pact.id}/verify`, { latencyMs: 1 })).status).toBe(409);
    expect((await org.call("POST", `/v1/pacts/${pact.id}/versions`, {})).body).toMatchObject({ version: 2, state: "draft" });
  });
});

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

  it("ends in time, without a verdict, for a pattern and an expression made to hang", async () => {
    const org = await createOrganization();
    const hang = (id: string, fields: object) => ({ id, severity: "critical", ...fields });
    const pact = await activePact(org, [
      hang("pattern", { type: "output", path: "text", operator: "matches", value: "(?:a|b)*a(?:a|b){200}c" }),
      hang("nested", { type: "cel", expression: "output.list.all(a, output.list.all(b, output.list.all(c, a + b + c >= 0.0)))" }),
      hang("doubling", { type: "cel", expression: `size(["ab"]${".map(x, x + x)".repeat(40)}[0]) > 5` }),
      hang("shared", { type: "cel", expression: `[1]${".map(x, [x, x])".repeat(24)} == [1]${".map(x, [x, x])".repeat(24)}` }),
    ]);
    const output = { text: `c${"ab".repeat(60_000)}`, list: Array.from({ length: 5_000 }, (_, i) => i) };
    const answer = await org.call("POST", `/v1/pacts/${pact.id}/verify`, { output });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body.compliant).toBeNull();
    expect(answer.body.results.map(({ status, reasons }: { status: string; reasons: string[] }) => [status, reasons])).toEqual(
      Array.from({ length: 4 }, () => ["unscored", ["work_exceeded"]]),
    );
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

describe("a key that is bound to an agent", () => {
  it("sees and makes that agent's pacts and no other's", async () => {
    const org = await createOrganization();
    const [mine, other] = [await activePact(org), await activePact(org)];
    const key = await org.call("POST", "/v1/keys", { name: "bound", scopes: ["pacts:read", "pacts:write"], agentId: mine.agentId });
    const call = (method: string, path: string, body?: unknown) =>
      callApi(method, path, body, { authorization: `Bearer ${key.body.key}`, "cf-connecting-ip": org.address });
    expect((await call("GET", "/v1/pacts")).body.items.map(({ id }: { id: string }) => id)).toEqual([mine.id]);
    expect((await call("GET", `/v1/pacts?agentId=${other.agentId}`)).status).toBe(404);
    const draft = (agentId: string) => call("POST", "/v1/pacts", { agentId, name: "x", conditions: [fast] });
    const [another, unknown] = [await draft(other.agentId), await draft("agt_0000000000000000000000")];
    expect([another.status, errorPaths(another.body)]).toEqual([400, ["body.agentId"]]);
    expect(another.text.replace(another.requestId, "")).toBe(unknown.text.replace(unknown.requestId, ""));
    for (const [method, path, body] of [
      ["GET", "", undefined],
      ["PATCH", "", { name: "x" }],
      ["POST", "/versions", {}],
      ["POST", "/activate", undefined],
      ["POST", "/retire", undefined],
    ] as const) {
      expect((await call(method, `/v1/pacts/${other.id}${path}`, body)).status).toBe(404);
    }
    expect((await call("POST", `/v1/pacts/${mine.id}/versions`, {})).status).toBe(201);
  });
});

describe("the list of pacts", () => {
  it("is paged and filtered by agent and state", async () => {
    const org = await createOrganization();
    const agentId = await newAgent(org);
    for (let i = 0; i < 3; i += 1) await newPact(org, [fast], agentId);
    const active = await activePact(org);
    const first = (await org.call("GET", "/v1/pacts?limit=3")).body;
    const rest = (await org.call("GET", `/v1/pacts?limit=3&cursor=${first.nextCursor}`)).body;
    expect([first.items.length, rest.items.length, rest.nextCursor]).toEqual([3, 1, null]);
    expect((await org.call("GET", `/v1/pacts?agentId=${agentId}`)).body.items).toHaveLength(3);
    expect((await org.call("GET", "/v1/pacts?state=active")).body.items).toEqual([active]);
    expect((await org.call("GET", "/v1/pacts?state=broken")).status).toBe(400);
  });
});
