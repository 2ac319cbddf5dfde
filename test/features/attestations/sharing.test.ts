import { afterEach, describe, expect, it, vi } from "vitest";
import { openStatusList } from "../../../src/crypto/statement/status-list.ts";
import { ownerSees, setClaimPolicy } from "../../support/harness.ts";
import { callApi } from "../../support/organization.ts";
import { registerKey, selfRunOf } from "../../support/proofs.ts";
import { openPolicy } from "../../support/open-policy.ts";
import { callAs, newAgent, organizationWithAgent, pathOf, statementOf } from "./attestation-world.ts";

const dayMs = 86_400_000;
const [open] = openPolicy.rules;

afterEach(() => void vi.useRealTimers());

/** What is asked for then, by the Worker's clock. */
async function at<T>(time: number, ask: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ["Date"], now: time });
  try {
    return await ask();
  } finally {
    vi.useRealTimers();
  }
}

describe("a key that is bound to an agent", () => {
  it("attests that agent within the rules that name it as the one who may ask, and no other agent", async () => {
    const { org, agentId } = await organizationWithAgent();
    const other = await newAgent(org);
    const call = await callAs(org, agentId);
    await setClaimPolicy(org.orgId, { rules: [{ ...open, agents: [agentId, other], dimensions: ["safety"], requestedBy: ["agent"] }] });
    const attest = (id: string, dimensions: string[]) =>
      call("POST", `/v1/agents/${id}/attestations`, { about: { kind: "score", dimensions } });
    const issued = await attest(agentId, ["safety"]);
    expect(issued.status, issued.text).toBe(201);
    expect(statementOf(issued.body.statement).predicate.requestedBy).toBe("agent");
    expect((await attest(agentId, ["safety", "accuracy"])).body.code).toBe("claim_not_allowed");
    const [foreign, unknown] = [await attest(other, ["safety"]), await attest(`agt_${"1".repeat(22)}`, ["safety"])];
    const told = ({ text, requestId }: typeof foreign) => text.replace(requestId, "");
    expect([foreign.status, told(foreign)]).toEqual([404, told(unknown)]);
  });

  it("does not publish under a link what it may not have attested itself", async () => {
    const { org, agentId, attest } = await organizationWithAgent();
    const whole = await attest();
    const call = await callAs(org, agentId);
    await setClaimPolicy(org.orgId, {
      rules: [
        { ...open, requestedBy: ["organization"] },
        { ...open, dimensions: ["safety"], requestedBy: ["agent"] },
      ],
    });
    const share = (id: string, ask = call) => ask("POST", `/v1/attestations/${id}/shares`, {});
    expect((await share(whole.body.id)).body).toMatchObject({ code: "claim_not_allowed" });
    expect((await share(whole.body.id, org.call)).status).toBe(201);
    const part = await attest({ kind: "score", dimensions: ["safety"] });
    expect((await share(part.body.id)).status).toBe(201);
  });

  it("finds nothing of another agent's attestations and receipts: not one by its id, and none in a list", async () => {
    const { org, agentId, attest } = await organizationWithAgent();
    const { body } = await attest();
    const signer = await registerKey(org, agentId);
    const artifact = await selfRunOf(org, agentId, signer);
    const { receipt } = (await org.call("POST", "/v1/receipts/import", { agentId, artifact })).body;
    const call = await callAs(org, await newAgent(org));
    const [attestation, told] = [`/v1/attestations/${body.id}`, `/v1/receipts/${receipt.id}`];
    for (const [method, path, sent] of [
      ["GET", attestation],
      ["GET", `${attestation}/bundle`],
      ["POST", `${attestation}/revoke`, { reason: "not mine" }],
      ["POST", `${attestation}/shares`, {}],
      ["GET", told],
      ["GET", `${told}/bundle`],
      ["GET", `/v1/attestations?agentId=${agentId}`],
      ["GET", `/v1/receipts?agentId=${agentId}`],
      ["GET", `/v1/agents/${agentId}/signing-keys`],
      ["POST", `/v1/agents/${agentId}/signing-keys`, { x: signer.x, proof: "a.b.c" }],
      ["POST", `/v1/agents/${agentId}/signing-keys/${signer.kid}/revoke`],
    ] as const)
      expect((await call(method, path, sent)).status, `${method} ${path}`).toBe(404);
    expect((await call("GET", "/v1/attestations")).body.items).toEqual([]);
    expect((await call("GET", "/v1/receipts")).body.items).toEqual([]);
    expect((await org.call("GET", attestation)).body.state).toBe("active");
  });

  it("sees the rules that concern its agent, and no other agent in them", async () => {
    const { org, agentId } = await organizationWithAgent();
    const other = await newAgent(org);
    const rules = [{ ...open, agents: [agentId, other] }, { ...open, agents: [other] }, open];
    await setClaimPolicy(org.orgId, { rules });
    const shown = await (await callAs(org, agentId))("GET", "/v1/claim-policy");
    expect(shown.body.policy.rules).toEqual([{ ...open, agents: [agentId] }, open]);
    expect((await org.call("GET", "/v1/claim-policy")).body).toMatchObject({ policy: { rules }, digest: shown.body.digest });
  });
});

describe("a link", () => {
  it("is not made once the operators allow less than the attestation says", async () => {
    const { org, attest } = await organizationWithAgent();
    const { body } = await attest({ kind: "score", evidenceDigests: true }, { lifetimeDays: 30 });
    const share = () => org.call("POST", `/v1/attestations/${body.id}/shares`, {});
    for (const less of [{ evidenceDigests: false }, { maxLifetimeDays: 29 }, { dimensions: ["safety"] }, { statements: ["pact"] }]) {
      await setClaimPolicy(org.orgId, { rules: [{ ...open, ...less }] });
      expect((await share()).body.code, JSON.stringify(less)).toBe("claim_not_allowed");
    }
    await setClaimPolicy(org.orgId, { rules: [{ ...open, maxLifetimeDays: 30 }] });
    expect((await share()).status).toBe(201);
  });

  it("that is over is answered like one that never was", async () => {
    const { org, attest } = await organizationWithAgent();
    const { body } = await attest();
    const share = await org.call("POST", `/v1/attestations/${body.id}/shares`, {});
    await ownerSees(`do $$ begin set local session_replication_role = replica;
      update attestation_shares set expires_at = now() - interval '1 millisecond' where id = '${share.body.id}'; end $$`);
    const [over, never] = [await callApi("GET", pathOf(share.body.url)), await callApi("GET", `/v1/shared-attestations/${"0".repeat(43)}`)];
    const told = ({ status, text, requestId }: typeof over) => [status, text.replace(requestId, "")];
    expect(told(over)).toEqual(told(never));
    expect([over.status, over.headers.get("cache-control")]).toEqual([404, "no-store"]);
  });

  it("does not outlive its attestation, and none is made of one that is over", async () => {
    const { org, attest } = await organizationWithAgent();
    const { body } = await attest({ kind: "score" }, { lifetimeDays: 2 });
    const share = await org.call("POST", `/v1/attestations/${body.id}/shares`, { lifetimeSeconds: 30 * 86_400 });
    expect(share.body.expiresAt).toBe(body.expiresAt);
    const [late, read, revoked] = await at(Date.parse(body.expiresAt), async () => [
      await org.call("POST", `/v1/attestations/${body.id}/shares`, {}),
      await org.call("GET", `/v1/attestations/${body.id}`),
      await org.call("POST", `/v1/attestations/${body.id}/revoke`, { reason: "late" }),
    ]);
    expect([late?.status, read?.body.state, revoked?.status]).toEqual([409, "expired", 409]);
  });

  it("cannot be guessed: its token has 256 bits, and no two are alike", async () => {
    const { org, attest } = await organizationWithAgent();
    const { body } = await attest();
    const make = async (): Promise<string> => {
      const made = await org.call("POST", `/v1/attestations/${body.id}/shares`, {});
      return made.body.url.split("/").at(-1);
    };
    const tokens = await Promise.all(Array.from({ length: 8 }, make));
    expect(new Set(tokens).size).toBe(8);
    for (const token of tokens) expect(token).toMatch(/^[0-9A-Za-z]{43}$/);
  });
});

describe("the revocation list", () => {
  it("names what was revoked, when and why, and nothing of what was not, nor of whom anything is about", async () => {
    const { org, agentId, attest } = await organizationWithAgent();
    const [kept, gone] = [await attest(), await attest()];
    const revoked = await org.call("POST", `/v1/attestations/${gone.body.id}/revoke`, { reason: "mistaken" });
    const { text } = await callApi("GET", `/v1/organizations/${org.orgId}/status-list`);
    const entry = { id: gone.body.id, at: revoked.body.revokedAt, reason: "mistaken" };
    expect(openStatusList(text)?.list.revoked).toEqual([entry]);
    expect(atob(text.split(".")[1]?.replaceAll("-", "+").replaceAll("_", "/") ?? "")).not.toContain(agentId);
    const bundle = await org.call("GET", `/v1/attestations/${kept.body.id}/bundle`);
    expect(openStatusList(bundle.body.statusList)?.list.revoked).toEqual([entry]);
  });

  it("leaves out what expired more than a day ago, in the bundle as in public", async () => {
    const { org, attest } = await organizationWithAgent();
    const revoke = async (lifetimeDays: number): Promise<string> => {
      const { body } = await attest({ kind: "score" }, { lifetimeDays });
      await org.call("POST", `/v1/attestations/${body.id}/revoke`, { reason: "mistaken" });
      return body.id;
    };
    const [, longer] = [await revoke(1), await revoke(2)];
    const [list, fresh] = await at(Date.now() + 2.5 * dayMs, async () => [
      await callApi("GET", `/v1/organizations/${org.orgId}/status-list`),
      await attest(),
    ]);
    const listed = (signed: string) => openStatusList(signed)?.list.revoked.map(({ id }) => id);
    expect([listed(list.text), listed(fresh.body.bundle.statusList)]).toEqual([[longer], [longer]]);
  });
});
