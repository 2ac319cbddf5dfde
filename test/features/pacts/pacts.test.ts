import { describe, expect, it } from "vitest";
import { ownerSees, roundTrips } from "../../support/harness.ts";
import { callApi, createOrganization, type TestOrganization } from "../../support/organization.ts";
import { activePact, cheap, fast, newAgent, newPact, payee } from "./pact-world.ts";

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
  it("is paged and filtered by agent, lineage and state", async () => {
    const org = await createOrganization();
    const agentId = await newAgent(org);
    for (let i = 0; i < 3; i += 1) await newPact(org, [fast], agentId);
    const active = await activePact(org);
    const first = (await org.call("GET", "/v1/pacts?limit=3")).body;
    const rest = (await org.call("GET", `/v1/pacts?limit=3&cursor=${first.nextCursor}`)).body;
    expect([first.items.length, rest.items.length, rest.nextCursor]).toEqual([3, 1, null]);
    expect((await org.call("GET", `/v1/pacts?agentId=${agentId}`)).body.items).toHaveLength(3);
    expect((await org.call("GET", "/v1/pacts?state=active")).body.items).toEqual([active]);
    const next = (await org.call("POST", `/v1/pacts/${active.id}/versions`, {})).body;
    expect((await org.call("GET", `/v1/pacts?lineageId=${active.id}`)).body.items).toEqual([next, active]);
    expect((await org.call("GET", `/v1/pacts?lineageId=${next.id}`)).body.items).toEqual([]);
    expect((await org.call("GET", "/v1/pacts?state=broken")).status).toBe(400);
  });
});
