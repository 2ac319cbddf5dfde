import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Bundle } from "../../../src/crypto/statement/bundle.ts";
import { checkStatement } from "../../../src/verifier/check-statement.ts";
import { exitCodeOf } from "../../../src/verifier/verdicts.ts";
import { cosign, newActivePact, offered, tokenOf } from "../../support/bilateral.ts";
import { roundTrips, setClaimPolicy } from "../../support/harness.ts";
import { openPolicy } from "../../support/open-policy.ts";
import { statementOf } from "../attestations/attestation-world.ts";
import { callApi, createOrganization } from "../../support/organization.ts";

/** Every check's verdict on a bundle, and the exit code, as a stranger with the root key's fingerprint finds it. */
async function judge(bundle: Bundle): Promise<Record<string, string | number>> {
  const pins = { fingerprints: [env.ROOT_FINGERPRINT], witnesses: [], now: new Date(), maxListAgeSeconds: 86_400 };
  const { findings } = await checkStatement(bundle, pins);
  return { ...Object.fromEntries(findings.map(({ check, verdict }) => [check, verdict])), exit: exitCodeOf(findings, []) };
}

const allGood = {
  issuer: "root_pinned",
  signature: "signature_valid",
  key: "key_active",
  log: "included",
  expiry: "without_expiry",
  revocation: "not_revoked",
  exit: 0,
};

const subjectDigest = (compact: string, name: string): string | undefined =>
  statementOf(compact).subject.find((subject: { name: string }) => subject.name === name)?.digest.sha256;

async function signedWorld() {
  const [a, b] = await Promise.all([createOrganization({ environment: "live" }), createOrganization({ environment: "test" })]);
  await setClaimPolicy(a.orgId, openPolicy);
  const pact = await newActivePact(a);
  const offer = await offered(a, pact);
  const { body: signed } = await cosign(b, tokenOf(offer), pact.digest);
  const attest = (more: object = {}) =>
    a.call("POST", `/v1/agents/${pact.agentId}/attestations`, { about: { kind: "pact", pactId: pact.id, ...more } });
  return { a, b, pact, offer, signed, attest };
}

describe("a co-signature's statement", () => {
  it("shows a stranger offline, beside the promisor's attestation, that both agreed to the same digest", async () => {
    const { a, b, pact, offer, signed, attest } = await signedWorld();
    const [mine, theirs] = [
      await b.call("GET", `/v1/pact-cosignatures/${signed.id}/bundle`),
      await a.call("GET", `/v1/pact-offers/${offer.id}/bundle`),
    ];
    for (const { requestId, body } of [mine, theirs]) {
      expect(await roundTrips(requestId)).toBe(1);
      expect(await judge(body)).toEqual(allGood);
    }
    expect(theirs.body.statement).toBe(mine.body.statement);
    expect(statementOf(mine.body.statement)).toMatchObject({
      predicateType: "https://armalo.ai/pact-cosignature/v1",
      predicate: {
        id: signed.id,
        deployment: { environment: "test" },
        organization: b.orgId,
        offer: offer.id,
        pact: { id: pact.id, lineageId: pact.id, version: 1, digest: pact.digest },
        promisor: { organization: a.orgId, environment: "live", agent: pact.agentId },
      },
    });
    const attested = (await attest()).body.bundle.statement;
    expect(subjectDigest(mine.body.statement, "pact")).toBe(subjectDigest(attested, "pact"));
    expect(statementOf(attested).predicate).toMatchObject({ organization: a.orgId, claim: { cosignatures: null } });
  });

  it("can be had as DSSE", async () => {
    const { b, signed } = await signedWorld();
    const { body } = await b.call("GET", `/v1/pact-cosignatures/${signed.id}/bundle?envelope=dsse`);
    expect(body.statement.payloadType).toBe("application/vnd.in-toto+json");
    expect(await judge(body)).toEqual(allGood);
  });

  it("is on the signer's public revocation list once it is withdrawn, for whoever looks there", async () => {
    const { a, b, offer, signed, attest } = await signedWorld();
    const before = (await b.call("GET", `/v1/pact-cosignatures/${signed.id}/bundle`)).body;
    await b.call("POST", `/v1/pact-cosignatures/${signed.id}/withdraw`, { reason: "no longer agreed" });
    const list = await callApi("GET", statementOf(before.statement).predicate.statusList.replace("https://api.armalo.test", ""));
    expect(await judge({ ...before, statusList: list.text })).toEqual({ ...allGood, revocation: "revoked", exit: 32 });
    for (const [org, path] of [
      [b, `/v1/pact-cosignatures/${signed.id}/bundle`],
      [a, `/v1/pact-offers/${offer.id}/bundle`],
    ] as const)
      expect(await judge((await org.call("GET", path)).body)).toMatchObject({ revocation: "revoked", exit: 32 });
    const attested = statementOf((await attest({ evidenceDigests: true })).body.statement).predicate.claim.cosignatures;
    expect(attested).toMatchObject([{ organization: b.orgId, withdrawnAt: expect.stringMatching(/Z$/) }]);
  });

  it("is named by the promisor's attestation where that is asked for and allowed", async () => {
    const { a, b, signed, attest } = await signedWorld();
    const { body } = await attest({ evidenceDigests: true });
    expect(subjectDigest(body.statement, "pact-cosignature")).toBe(signed.digest.replace("sha256:", ""));
    expect(statementOf(body.statement).predicate.claim.cosignatures).toEqual([
      {
        id: signed.id,
        organization: b.orgId,
        environment: "test",
        digest: signed.digest,
        signedAt: signed.signedAt,
        withdrawnAt: null,
      },
    ]);
    await setClaimPolicy(a.orgId, { rules: [{ agents: "all", statements: ["pact"], maxLifetimeDays: 90, requestedBy: ["organization"] }] });
    expect((await attest({ evidenceDigests: true })).body).toMatchObject({ code: "claim_not_allowed" });
    expect((await attest()).status).toBe(201);
  });
});
