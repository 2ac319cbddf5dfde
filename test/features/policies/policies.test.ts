import { describe, expect, it } from "vitest";
import { agentCaller, capabilityBody, policyTerms } from "../../support/grants.ts";
import { ownerSees, roundTrips } from "../../support/harness.ts";
import { createOrganization, type TestOrganization } from "../../support/organization.ts";
import { signInAs } from "../../support/people.ts";

const small = { id: "small", effect: "allow", when: "arguments.amount < 100.0" };
const asked = { id: "large", effect: "require_approval", when: "arguments.amount >= 100.0" };

async function newCapability(org: TestOrganization): Promise<string> {
  const { body, text } = await org.call("POST", "/v1/capabilities", capabilityBody());
  expect(body?.id, text).toBeDefined();
  return body.id;
}

async function newPolicy(org: TestOrganization, terms: object = policyTerms(small)) {
  const made = await org.call("POST", "/v1/policies", { capabilityId: await newCapability(org), name: "Refunds", terms });
  expect(made.status, made.text).toBe(201);
  return made.body;
}

const errorsOf = (body: { errors?: { path: string; message: string }[] }) => (body.errors ?? []).map(({ path }) => path);

describe("writing a policy", () => {
  it("gives its first version, which is in force nowhere", async () => {
    const org = await createOrganization();
    const capabilityId = await newCapability(org);
    const made = await org.call("POST", "/v1/policies", { capabilityId, name: "Refunds", terms: policyTerms(small) });
    expect([made.status, await roundTrips(made.requestId)]).toEqual([201, 2]);
    expect(made.body).toMatchObject({ capabilityId, activeVersion: null, latestVersion: 1, activation: 0, active: null });
    expect(made.body.latest).toMatchObject({ version: 1, capabilityVersion: 1, createdBy: `key:${org.keyId}` });
    expect(made.body.latest.terms).toEqual({
      rules: [small],
      approval: { expiresInSeconds: 86_400, fourEyes: false },
      promotion: { floors: {}, simulatedCalls: 5 },
    });
    const read = await org.call("GET", `/v1/policies/${made.body.id}`);
    expect([read.body, await roundTrips(read.requestId)]).toEqual([made.body, 1]);
    const list = await org.call("GET", `/v1/policies?capabilityId=${capabilityId}`);
    expect(list.body.items.map(({ id }: { id: string }) => id)).toEqual([made.body.id]);
    expect((await org.call("GET", `/v1/policies?capabilityId=${await newCapability(org)}`)).body.items).toEqual([]);
  });

  it.each<[string, object[], string[]]>([
    ["a property that the capability does not take", [{ ...small, when: "arguments.sum < 1.0" }], ["body.terms.rules.0.when"]],
    ["a comparison that never holds", [small, { ...asked, when: "arguments.orderId > 5" }], ["body.terms.rules.1.when"]],
    ["a condition that is no bool", [{ ...small, when: "arguments.amount" }], ["body.terms.rules.0.when"]],
    ["an id that is there twice", [small, { ...asked, id: "small" }], ["body.terms.rules.1.id"]],
    ["an effect that there is not", [{ ...small, effect: "permit" }], ["body.terms.rules.0.effect"]],
    ["no rule", [], ["body.terms.rules"]],
  ])("is refused for %s, and names the place", async (_, rules, paths) => {
    const org = await createOrganization();
    const capabilityId = await newCapability(org);
    const answer = await org.call("POST", "/v1/policies", { capabilityId, name: "Refunds", terms: { rules } });
    expect([answer.status, answer.body.code, errorsOf(answer.body)]).toEqual([400, "invalid_request", paths]);
  });

  it("is refused for a capability that is retired, unknown or another organization's", async () => {
    const [org, other] = [await createOrganization(), await createOrganization()];
    const capabilityId = await newCapability(org);
    await org.call("POST", `/v1/capabilities/${capabilityId}/retire`);
    for (const id of [capabilityId, "cap_0000000000000000000000", await newCapability(other)]) {
      const answer = await org.call("POST", "/v1/policies", { capabilityId: id, name: "Refunds", terms: policyTerms(small) });
      expect([answer.status, errorsOf(answer.body)]).toEqual([400, ["body.capabilityId"]]);
    }
  });

  it("is nothing for an agent's own credential, and neither is reading or trying one", async () => {
    const org = await createOrganization();
    const policy = await newPolicy(org);
    const agent = await org.call("POST", "/v1/agents", { externalId: "buyer", name: "Buyer" });
    const call = await agentCaller({ org }, agent.body.id, ["policies:read", "policies:write"]);
    const { capabilityId } = policy;
    const path = `/v1/policies/${policy.id}`;
    const asks: [string, string, object?][] = [
      ["POST", "/v1/policies", { capabilityId, name: "Mine", terms: policyTerms() }],
      ["POST", `${path}/versions`, { terms: policyTerms() }],
      ["POST", `${path}/simulate`, { version: 1 }],
      ["GET", path],
      ["GET", "/v1/policies"],
      ["GET", `${path}/versions`],
    ];
    for (const [method, at, body] of asks) expect((await call(method, at, body)).status, `${method} ${at}`).toBe(403);
  });
});

describe("a version of a policy", () => {
  it("is never changed: the next one is another, and what is in force stays so", async () => {
    const org = await createOrganization();
    const operator = await signInAs(org, "operator");
    const { id, latest } = await newPolicy(org);
    await operator.call("POST", `/v1/policies/${id}/activate`, { version: 1 });
    const next = await org.call("POST", `/v1/policies/${id}/versions`, { terms: policyTerms(small, asked) });
    expect([next.status, await roundTrips(next.requestId)]).toEqual([201, 2]);
    expect(next.body).toMatchObject({ version: 2, policyId: id });
    expect(next.body.digest).not.toBe(latest.digest);
    const { body } = await org.call("GET", `/v1/policies/${id}`);
    expect(body).toMatchObject({ activeVersion: 1, latestVersion: 2, active: latest, latest: next.body });
    const versions = await org.call("GET", `/v1/policies/${id}/versions?limit=1`);
    expect(versions.body.items).toEqual([next.body]);
    const older = await org.call("GET", `/v1/policies/${id}/versions?limit=1&cursor=${versions.body.nextCursor}`);
    expect(older.body).toEqual({ items: [latest], nextCursor: null });
    const [row] = await ownerSees("select count(*)::int as count from policy_versions where policy_id = $1", id);
    expect(row).toEqual({ count: 2 });
  });

  it("has a number of its own also where two are written at once", async () => {
    const org = await createOrganization();
    const { id } = await newPolicy(org);
    const write = () => org.call("POST", `/v1/policies/${id}/versions`, { terms: policyTerms(small, asked) });
    const answers = await Promise.all([write(), write(), write()]);
    const made = answers.filter(({ status }) => status === 201).map(({ body }) => body.version);
    expect(new Set(made).size).toBe(made.length);
    expect(made).toContain(2);
    for (const { status } of answers) expect([201, 409]).toContain(status);
  });

  it("has the same digest as any with the same terms, in whatever order its fields came", async () => {
    const org = await createOrganization();
    const { latest } = await newPolicy(org, { rules: [small] });
    const { when, effect, id } = small;
    const other = await newPolicy(org, { approval: { fourEyes: false }, rules: [{ when, effect, id }] });
    expect(other.latest.digest).toBe(latest.digest);
  });
});

describe("putting a version in force", () => {
  it("is a person's act, and counts", async () => {
    const org = await createOrganization();
    const [operator, viewer] = [await signInAs(org, "operator"), await signInAs(org, "viewer")];
    const { id } = await newPolicy(org);
    const path = `/v1/policies/${id}/activate`;
    const asKey = await org.call("POST", path, { version: 1 });
    expect([asKey.status, asKey.body.code]).toEqual([403, "person_needed"]);
    expect((await viewer.call("POST", path, { version: 1 })).status).toBe(403);
    const active = await operator.call("POST", path, { version: 1 });
    expect([active.status, await roundTrips(active.requestId)]).toEqual([200, 2]);
    expect(active.body).toMatchObject({ id, activeVersion: 1, activation: 1, grantsLeavingProduction: 0 });
    const again = await operator.call("POST", path, { version: 1 });
    expect([again.status, again.body.code]).toEqual([409, "state_conflict"]);
    await org.call("POST", `/v1/policies/${id}/versions`, { terms: policyTerms(asked) });
    await operator.call("POST", path, { version: 2 });
    const back = await operator.call("POST", path, { version: 1 });
    expect(back.body).toMatchObject({ activeVersion: 1, activation: 3 });
    const events = await org.call("GET", "/v1/audit-events?limit=10");
    const actions = events.body.items.map(({ action, actor }: { action: string; actor: string }) => [action, actor]);
    expect(actions).toContainEqual(["policy.activated", `member:${operator.memberId}`]);
  });

  it("needs a version that there is", async () => {
    const org = await createOrganization();
    const operator = await signInAs(org, "operator");
    const { id } = await newPolicy(org);
    const answer = await operator.call("POST", `/v1/policies/${id}/activate`, { version: 2 });
    expect([answer.status, errorsOf(answer.body)]).toEqual([400, ["body.version"]]);
  });

  it("needs rules that still fit the capability", async () => {
    const org = await createOrganization();
    const operator = await signInAs(org, "operator");
    const { id, capabilityId } = await newPolicy(org);
    const argumentsSchema = { type: "object", properties: { orderId: { type: "string" } }, required: ["orderId"] };
    const { definition } = capabilityBody({ argumentsSchema, cost: null });
    const renewed = await org.call("POST", `/v1/capabilities/${capabilityId}/versions`, { definition });
    expect(renewed.status, renewed.text).toBeLessThan(300);
    const answer = await operator.call("POST", `/v1/policies/${id}/activate`, { version: 1 });
    expect([answer.status, answer.body.code, errorsOf(answer.body)]).toEqual([409, "state_conflict", ["body.terms.rules.0.when"]]);
    expect(answer.body.errors[0].message).toContain("amount");
  });
});
