import { describe, expect, it } from "vitest";
import { newId } from "../../../src/platform/ids.ts";
import { ownerSees, roundTrips } from "../../support/harness.ts";
import { createOrganization, type TestOrganization } from "../../support/organization.ts";
import { askPrice, balanceOf, newPayer, pay } from "../../support/payments.ts";
import { activePact, cheap, fast, newAgent, newPact, payee } from "./pact-world.ts";

const check = (pactId: string, body: object) => ({ method: "POST", path: `/v1/pacts/${pactId}/verify`, body });

const publish = async (org: TestOrganization, agentId: string): Promise<void> => {
  expect((await org.call("PATCH", `/v1/agents/${agentId}`, { isPublic: true })).status).toBe(200);
};

describe("a check that is paid for", () => {
  it("tells what its organization would be told, and leaves no trace on the agent", async () => {
    const org = await createOrganization();
    const pact = await activePact(org, [fast, payee, cheap]);
    await publish(org, pact.agentId);
    // That something of it was paid for, its organization is told: that is of the payment, not of the agent.
    const events = () => ownerSees("select count(*) from audit_events where org_id = $1 and action <> 'payment.settled'", org.orgId);
    const before = await events();
    const score = await org.call("GET", `/v1/agents/${pact.agentId}/score`);
    const report = { latencyMs: 5_000, toolCalls: [{ tool: "pay", arguments: { to: "mallory", amount: 1_000 } }] };
    const payer = await newPayer();
    const answer = await pay(payer, check(pact.id, report));
    expect(answer.status, answer.text).toBe(200);
    expect(await roundTrips(answer.requestId)).toBe(1);
    expect(await balanceOf(payer)).toBe(998_000);
    const { violations, compliant, assurance } = answer.body;
    expect({ compliant, assurance }).toEqual({ compliant: false, assurance: 0 });
    expect(violations.map(({ conditionId }: { conditionId: string }) => conditionId)).toEqual(["fast", "payee", "payee"]);
    expect(await ownerSees("select id from pact_checks where org_id = $1", org.orgId)).toEqual([]);
    expect((await org.call("GET", `/v1/pacts/${pact.id}/checks`)).body.items).toEqual([]);
    expect(await events()).toEqual(before);
    for (const table of ["evidence", "scores", "receipts"])
      expect(await ownerSees(`select 1 from ${table} where org_id = $1`, org.orgId), table).toEqual([]);
    const { computedAt: _then, ...unmoved } = score.body;
    expect((await org.call("GET", `/v1/agents/${pact.agentId}/score`)).body).toMatchObject(unmoved);
    const { id: _paid, createdAt: _at, ...paid } = answer.body;
    const { id: _own, createdAt: _when, ...own } = (await org.call("POST", `/v1/pacts/${pact.id}/verify`, report)).body;
    expect(paid).toEqual(own);
  });

  it("does not take silence for a pass", async () => {
    const org = await createOrganization();
    const pact = await activePact(org, [fast, cheap]);
    await publish(org, pact.agentId);
    const answer = await pay(await newPayer(), check(pact.id, { latencyMs: 1 }));
    expect(answer.body).toMatchObject({ compliant: null, violations: [] });
  });

  it("is for active pacts of public agents alone: any other one was never there, before anything is asked for", async () => {
    const org = await createOrganization();
    const agentId = await newAgent(org);
    const [draft, retired, archived, hidden] = [
      await newPact(org, [fast], agentId),
      await activePact(org),
      await activePact(org),
      await activePact(org),
    ];
    for (const pact of [draft, retired, archived]) await publish(org, pact.agentId);
    await org.call("POST", `/v1/pacts/${retired.id}/retire`);
    await org.call("POST", `/v1/agents/${archived.agentId}/archive`);
    const payer = await newPayer();
    const ids = [draft.id, retired.id, archived.id, hidden.id, newId("pact")];
    const answers = await Promise.all(ids.map((id) => askPrice(payer, check(id, { latencyMs: 1 }))));
    const [first] = answers.map(({ text, requestId }) => text.replaceAll(requestId, ""));
    for (const { status, text, requestId } of answers) expect([status, text.replaceAll(requestId, "")]).toEqual([404, first]);
  });

  it("is a request like any other: what is wrong with it is said before its price", async () => {
    const org = await createOrganization();
    const pact = await activePact(org);
    await publish(org, pact.agentId);
    const payer = await newPayer();
    for (const body of [{}, { latencyMs: -1 }, { latency: 5 }]) expect((await askPrice(payer, check(pact.id, body))).status).toBe(400);
    expect((await askPrice(payer, check(pact.id, { latencyMs: 1 }))).status).toBe(402);
  });
});
