import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { requireEnvironment } from "../../../src/env.ts";
import { ledgerOf } from "../../../src/grants/ledger-client.ts";
import { proposalOf } from "../../grants/ledger-world.ts";
import { agentCaller, newGrant } from "../../support/grants.ts";
import { failDatabase, roundTrips } from "../../support/harness.ts";
import type { Answer } from "../../support/organization.ts";
import { signInAs } from "../../support/people.ts";

afterEach(() => vi.restoreAllMocks());

const codeOf = ({ status, body }: Answer) => [status, body?.code];
const propose = ({ org: { orgId }, grantId }: Awaited<ReturnType<typeof newGrant>>) =>
  ledgerOf(requireEnvironment(env), orgId, grantId).propose(proposalOf(orgId, grantId));

describe("a grant that is revoked", () => {
  it("is over from the next invocation on, for good", async () => {
    const granted = await newGrant();
    const { org, operator, agentId, grantId } = granted;
    const invoke = await agentCaller(granted, agentId, ["grants:invoke"]);
    const call = () => invoke("POST", `/v1/grants/${grantId}/invoke`, { arguments: { orderId: "1", amount: 1 } });
    expect((await call()).body).toMatchObject({ status: "simulated" });
    const revoked = await org.call("POST", `/v1/grants/${grantId}/revoke`);
    expect([revoked.status, revoked.body]).toMatchObject([200, { id: grantId, status: "revoked" }]);
    expect(await roundTrips(revoked.requestId)).toBe(2);
    expect((await call()).body).toMatchObject({ status: "denied", reasons: expect.arrayContaining(["grant_revoked"]) });
    expect(await propose(granted)).toMatchObject({ effect: "deny", reasons: ["grant_revoked"] });
    expect(codeOf(await org.call("POST", `/v1/grants/${grantId}/revoke`))).toEqual([409, "state_conflict"]);
    expect(codeOf(await operator.call("PATCH", `/v1/grants/${grantId}`, { ratePerMinute: 5 }))).toEqual([409, "state_conflict"]);
    expect((await org.call("GET", `/v1/grants/${grantId}`)).body).toMatchObject({ status: "revoked" });
  });

  it("may be so by a key of the whole organization or a person, and not by the agent's own", async () => {
    const granted = await newGrant();
    const asAgent = await agentCaller(granted, granted.agentId, ["grants:read", "grants:write"]);
    expect(codeOf(await asAgent("POST", `/v1/grants/${granted.grantId}/revoke`))).toEqual([403, "forbidden"]);
    expect(await propose(granted)).toMatchObject({ effect: "allow" });
    const person = await signInAs(granted.org, "operator");
    expect((await person.call("POST", `/v1/grants/${granted.grantId}/revoke`)).status).toBe(200);
  });

  it("is not said to be so where its ledger is out of reach", async () => {
    const granted = await newGrant();
    const revoke = () => granted.org.call("POST", `/v1/grants/${granted.grantId}/revoke`);
    vi.spyOn(env.GRANT_LEDGER, "get").mockImplementation(() => {
      throw new Error("out of reach");
    });
    expect(codeOf(await revoke())).toEqual([503, "unavailable"]);
    vi.restoreAllMocks();
    expect((await granted.org.call("GET", `/v1/grants/${granted.grantId}`)).body).toMatchObject({ status: "active" });
    expect((await revoke()).status).toBe(200);
  });

  it("is so in its ledger before the database knows, and a repetition tells that too", async () => {
    const granted = await newGrant();
    const { org, agentId, grantId } = granted;
    const revoke = () => org.call("POST", `/v1/grants/${grantId}/revoke`);
    await failDatabase(org.orgId, "down", 1, 1);
    expect(codeOf(await revoke())).toEqual([503, "unavailable"]);
    expect((await org.call("GET", `/v1/grants/${grantId}`)).body).toMatchObject({ status: "active" });
    const invoke = await agentCaller(granted, agentId, ["grants:invoke"]);
    const called = await invoke("POST", `/v1/grants/${grantId}/invoke`, { arguments: { orderId: "1", amount: 1 } });
    expect(called.body).toMatchObject({ status: "denied", reasons: ["grant_revoked"] });
    expect((await revoke()).body).toMatchObject({ status: "revoked" });
  });
});
