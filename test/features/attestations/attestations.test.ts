import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Bundle } from "../../../src/crypto/statement/bundle.ts";
import { checkStatement } from "../../../src/verifier/check-statement.ts";
import { exitCodeOf } from "../../../src/verifier/verdicts.ts";
import { ownerSees, roundTrips, setClaimPolicy } from "../../support/harness.ts";
import { callApi, createOrganization } from "../../support/organization.ts";
import { activePact, fast } from "../pacts/pact-world.ts";
import { newAgent, organizationWithAgent, statementOf } from "./attestation-world.ts";

const pins = (now = new Date()) => ({ fingerprints: [env.ROOT_FINGERPRINT], witnesses: [], now, maxListAgeSeconds: 86_400 });

/** Every check's verdict on a bundle, and the exit code, as a stranger with the root key's fingerprint finds it. */
async function judge(bundle: Bundle, now?: Date): Promise<Record<string, string | number>> {
  const { findings } = await checkStatement(bundle, pins(now));
  return { ...Object.fromEntries(findings.map(({ check, verdict }) => [check, verdict])), exit: exitCodeOf(findings, []) };
}

const allGood = {
  issuer: "root_pinned",
  signature: "signature_valid",
  key: "key_active",
  log: "included",
  expiry: "not_expired",
  revocation: "not_revoked",
  exit: 0,
};

describe("an attestation", () => {
  it("is issued in two round trips, and holds for a stranger who has the root key's fingerprint and no network", async () => {
    const { org, agentId, attest } = await organizationWithAgent();
    const issued = await attest();
    expect(issued.status, issued.text).toBe(201);
    expect(await roundTrips(issued.requestId)).toBe(2);
    expect(issued.body).toMatchObject({ agentId, kind: "score", state: "active", logState: "included" });
    expect(await judge(issued.body.bundle)).toEqual(allGood);
    const statement = statementOf(issued.body.statement);
    expect(statement).toMatchObject({
      _type: "https://in-toto.io/Statement/v1",
      predicateType: "https://armalo.ai/attestation/score/v1",
      predicate: {
        id: issued.body.id,
        issuer: "https://api.armalo.test",
        deployment: { kind: "local", environment: "live" },
        organization: org.orgId,
        agent: { id: agentId, versionNumber: 1 },
        claim: { status: "insufficient_evidence", compositeScore: null, withheldDimensions: [] },
      },
    });
    expect(statement.predicate.claim.provenance.formula).toBe("ts-1");
  });

  it("can be asked for as DSSE, whose log entry is the same", async () => {
    const { org, attest } = await organizationWithAgent();
    const issued = await attest({ kind: "score" }, { envelope: "dsse" });
    expect(issued.body.bundle.statement.payloadType).toBe("application/vnd.in-toto+json");
    expect(await judge(issued.body.bundle)).toEqual(allGood);
    const twin = await org.call("GET", `/v1/attestations/${issued.body.id}/bundle?envelope=jws`);
    expect(twin.body.statement).toBe(issued.body.statement);
    expect(await judge(twin.body)).toEqual(allGood);
  });

  it("shows only the dimensions that were asked for, names the others, and hides no digest that was wanted", async () => {
    const { attest } = await organizationWithAgent();
    const issued = await attest({ kind: "score", dimensions: ["safety"], evidenceDigests: true });
    const { subject, predicate } = statementOf(issued.body.statement);
    expect(Object.keys(predicate.claim.dimensions)).toEqual(["safety"]);
    expect(predicate.claim.withheldDimensions).toContain("accuracy");
    expect(predicate.claim.missing.length).toBeGreaterThan(0);
    expect(predicate.claim.provenance.evidenceDigest).toMatch(/^sha256:/);
    expect(subject.map(({ name }: { name: string }) => name)).toEqual(["agent-version", "score-evidence"]);
    const without = await attest({ kind: "score", dimensions: [] });
    expect(statementOf(without.body.statement).predicate.claim.provenance.evidenceDigest).toBeNull();
  });

  it("can be about a pact that binds the agent, and not about a draft or another agent's", async () => {
    const { org } = await organizationWithAgent();
    const pact = await activePact(org, [fast]);
    const attestPact = (agentId: string, pactId: string) =>
      org.call("POST", `/v1/agents/${agentId}/attestations`, { about: { kind: "pact", pactId } });
    const issued = await attestPact(pact.agentId, pact.id);
    expect(issued.status, issued.text).toBe(201);
    expect(statementOf(issued.body.statement).predicate.claim).toMatchObject({
      pactId: pact.id,
      digest: pact.digest,
      conditions: { minor: 1 },
    });
    expect(await judge(issued.body.bundle)).toEqual(allGood);
    expect((await attestPact(await newAgent(org), pact.id)).status).toBe(404);
    const next = await org.call("POST", `/v1/pacts/${pact.id}/versions`, {});
    expect((await attestPact(pact.agentId, next.body.id)).status).toBe(409);
  });

  it("is refused where the operators have set no policy, and beyond the one that they set", async () => {
    const { org, agentId, attest } = await organizationWithAgent();
    const other = await createOrganization();
    const unset = await other.call("POST", `/v1/agents/${await newAgent(other)}/attestations`, { about: { kind: "score" } });
    expect([unset.status, unset.body.code]).toEqual([403, "claim_not_allowed"]);
    expect((await other.call("GET", "/v1/claim-policy")).body).toEqual({ number: null, digest: null, policy: null });
    await setClaimPolicy(org.orgId, {
      rules: [{ agents: [agentId], statements: ["score"], dimensions: ["safety"], maxLifetimeDays: 7, requestedBy: ["organization"] }],
    });
    expect((await attest({ kind: "score", dimensions: ["safety"] }, { lifetimeDays: 7 })).status).toBe(201);
    for (const [about, more] of [
      [{ kind: "score", dimensions: ["safety", "accuracy"] }, { lifetimeDays: 7 }],
      [{ kind: "score", dimensions: ["safety"] }, { lifetimeDays: 8 }],
      [{ kind: "score", dimensions: ["safety"], evidenceDigests: true }, { lifetimeDays: 7 }],
    ] as const)
      expect((await attest(about, more)).body).toMatchObject({ code: "claim_not_allowed" });
    const bound = await org.call("POST", "/v1/keys", { name: "agent", scopes: ["attestations:write"], agentId });
    const asAgent = await callApi(
      "POST",
      `/v1/agents/${agentId}/attestations`,
      { about: { kind: "score", dimensions: ["safety"] }, lifetimeDays: 7 },
      { authorization: `Bearer ${bound.body.key}`, "cf-connecting-ip": org.address },
    );
    expect(asAgent.body).toMatchObject({ code: "claim_not_allowed" });
    expect((await org.call("GET", "/v1/claim-policy")).body.number).toBe(2);
  });

  it("lives at most 90 days, and is not issued for an archived agent", async () => {
    const { org, agentId, attest } = await organizationWithAgent();
    expect((await attest({ kind: "score" }, { lifetimeDays: 91 })).status).toBe(400);
    await org.call("POST", `/v1/agents/${agentId}/archive`);
    expect((await attest()).status).toBe(409);
  });

  it("is on the public revocation list as soon as it is taken back, and so for whoever looks there", async () => {
    const { org, attest } = await organizationWithAgent();
    const { body } = await attest();
    const listUrl = statementOf(body.statement).predicate.statusList.replace("https://api.armalo.test", "");
    const revoked = await org.call("POST", `/v1/attestations/${body.id}/revoke`, { reason: "mistaken" });
    expect(await roundTrips(revoked.requestId)).toBe(2);
    expect(revoked.body).toMatchObject({ state: "revoked", revokedReason: "mistaken" });
    expect((await org.call("POST", `/v1/attestations/${body.id}/revoke`, { reason: "again" })).status).toBe(409);
    const list = await callApi("GET", listUrl);
    expect([list.status, list.headers.get("content-type"), list.headers.get("cache-control")]).toEqual([
      200,
      "application/jose",
      "public, max-age=30",
    ]);
    expect(await judge({ ...body.bundle, statusList: list.text })).toEqual({ ...allGood, revocation: "revoked", exit: 32 });
    expect(await judge((await org.call("GET", `/v1/attestations/${body.id}/bundle`)).body)).toMatchObject({ revocation: "revoked" });
    expect((await callApi("GET", `/v1/organizations/org_${"1".repeat(22)}/status-list`)).status).toBe(404);
  });

  it("expires by the reader's own clock", async () => {
    const { attest } = await organizationWithAgent();
    const { body } = await attest({ kind: "score" }, { lifetimeDays: 1 });
    expect(await judge(body.bundle, new Date(Date.now() + 86_400_000))).toMatchObject({ expiry: "expired" });
    expect(await judge(body.bundle, new Date(Date.now() - 60_000))).toMatchObject({ expiry: "not_yet_valid", exit: 31 });
  });

  it("is shown under a link to anyone until the link expires, in one round trip, the requester left out", async () => {
    const { org, attest } = await organizationWithAgent();
    const { body } = await attest();
    const share = await org.call("POST", `/v1/attestations/${body.id}/shares`, { lifetimeSeconds: 60 });
    expect(share.status, share.text).toBe(201);
    const path = share.body.url.replace("https://api.armalo.test", "");
    const shown = await callApi("GET", path);
    expect(shown.status, shown.text).toBe(200);
    expect(await roundTrips(shown.requestId)).toBe(1);
    expect(await judge(shown.body.bundle)).toEqual(allGood);
    expect(shown.body.requestedBy).toBeUndefined();
    const [row] = await ownerSees("select token_hash from attestation_shares where org_id = $1", org.orgId);
    expect(row?.["token_hash"]).not.toContain(path.split("/").at(-1));
    const unknown = await callApi("GET", `/v1/shared-attestations/${"0".repeat(43)}`);
    expect([unknown.status, unknown.body.code]).toEqual([404, "not_found"]);
    await org.call("POST", `/v1/attestations/${body.id}/revoke`, { reason: "mistaken" });
    expect(await judge((await callApi("GET", path)).body.bundle)).toMatchObject({ revocation: "revoked" });
    expect((await org.call("POST", `/v1/attestations/${body.id}/shares`, {})).status).toBe(409);
  });

  it("is answered again for the same Idempotency-Key, and issued once", async () => {
    const { org, agentId } = await organizationWithAgent();
    const ask = () => org.call("POST", `/v1/agents/${agentId}/attestations`, { about: { kind: "score" } }, { "idempotency-key": "once" });
    const [first, second] = [await ask(), await ask()];
    expect(second.body.id).toBe(first.body.id);
    expect(second.body).toMatchObject({ logState: "late", bundle: { inclusion: null, statement: first.body.statement } });
    expect((await org.call("GET", "/v1/attestations")).body.items).toHaveLength(1);
  });
});

describe("the public keys", () => {
  it("are listed with their history, each with its thumbprint and what it is for", async () => {
    const { body } = await callApi("GET", "/.well-known/jwks.json");
    expect(body.keys.map(({ purpose }: { purpose: string }) => purpose)).toEqual(["access-token", "statement", "checkpoint"]);
    expect(body.key_history.split(".")).toHaveLength(3);
    const { attest } = await organizationWithAgent();
    const issued = await attest();
    expect(body.keys.find(({ purpose }: { purpose: string }) => purpose === "statement").kid).toBe(issued.body.kid);
    expect(issued.body.bundle.keyHistory).toBe(body.key_history);
  });
});
