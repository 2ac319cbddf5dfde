import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { newId } from "../../../src/platform/ids.ts";
import { checkStatement } from "../../../src/verifier/check-statement.ts";
import { roundTrips } from "../../support/harness.ts";
import { createOrganization } from "../../support/organization.ts";
import { ask, askUntilKept, attest, pathsOf, publicAgent, reasonOf, sharedMs } from "./public-agent.ts";

describe("what anyone learns of a public agent", () => {
  it("takes one round trip, and nothing that is unknown is a zero or a pass", async () => {
    const world = await publicAgent();
    const { orgId } = world.org;
    const answer = await ask(world.path);
    expect(answer.status, answer.text).toBe(200);
    expect(await roundTrips(answer.requestId)).toBe(1);
    expect(answer.body).toMatchObject({
      agent: { id: world.agentId, name: "Support", versionNumber: 1, organizationId: orgId },
      deployment: { kind: "local", environment: "live" },
      status: "insufficient_evidence",
      score: { composite: null, tier: null, confidence: null, evidenceWindow: null },
      pactCompliance: null,
      attestation: null,
      openCriticalViolations: [],
      history: [],
    });
    for (const { S, L, U } of Object.values<{ S: unknown; L: unknown; U: unknown }>(answer.body.dimensions))
      expect([S, L, U]).toEqual([null, null, null]);
    expect(reasonOf(answer, "score")).toBe("insufficient_evidence");
    expect(reasonOf(answer, "attestation")).toBe("none_issued");
    expect(reasonOf(answer, "dimensions.safety")).toBe("no_evidence");
  });

  it("is computed as little as one round trip by each of its paths", async () => {
    const world = await publicAgent();
    await attest(world);
    for (const path of pathsOf(world.agentId)) {
      const answer = await ask(path);
      expect(answer.status, path).toBe(200);
      expect(await roundTrips(answer.requestId), path).toBe(1);
    }
  });

  it("names nothing that its organization did not make public", async () => {
    const world = await publicAgent();
    const { org, agentId } = world;
    await org.call("PATCH", `/v1/agents/${agentId}`, { walletAddress: null, description: "for internal use", provider: "acme-internal" });
    const run = await org.call("POST", `/v1/agents/${agentId}/attestations`, { about: { kind: "score" } });
    const private_ = await org.call("POST", "/v1/agents", { externalId: "other", name: "Hidden one" });
    for (const path of [world.path, `/agents/${agentId}`, `${world.path}/badge.svg`]) {
      const { text } = await ask(path);
      for (const secret of ["internal", "Hidden", private_.body.id, org.keyId, `key:${org.keyId}`, "externalId", run.body.requestedBy])
        expect(text, path).not.toContain(secret);
    }
  });

  it("is readable by scripts of any origin, failures too, and the page is not", async () => {
    const { agentId, path } = await publicAgent();
    for (const [open, status] of [
      [path, 200],
      [`${path}/badge.svg`, 200],
      [`/v1/trust/${newId("agent")}`, 404],
      ["/v1/trust/nonsense", 400],
    ] as const) {
      const { headers, status: found } = await ask(open, { origin: "https://elsewhere.example" });
      expect(found).toBe(status);
      expect(headers.get("access-control-allow-origin"), open).toBe("*");
      expect(headers.get("cross-origin-resource-policy"), open).toBe("cross-origin");
      expect(headers.get("access-control-allow-credentials")).toBeNull();
    }
    const page = await ask(`/agents/${agentId}`);
    expect(page.headers.get("access-control-allow-origin")).toBeNull();
    expect(page.headers.get("cross-origin-resource-policy")).toBe("same-origin");
    expect((await ask("/health")).headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("an agent that is not public", () => {
  it("is answered alike through every public path, whether private, archived, of no organization, or kept a moment ago", async () => {
    const org = await createOrganization();
    const make = async (externalId: string, isPublic: boolean): Promise<string> =>
      (await org.call("POST", "/v1/agents", { externalId, name: "Support", isPublic })).body.id;
    const [hidden, archived] = [await make("private", false), await make("archived", true)];
    for (const path of pathsOf(archived).filter((path) => !path.endsWith("attestation"))) await askUntilKept(path);
    expect((await org.call("POST", `/v1/agents/${archived}/archive`)).status).toBe(200);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + sharedMs });
    const answers = await Promise.all([hidden, archived, newId("agent")].flatMap((id) => pathsOf(id).map((path) => ask(path))));
    const [first] = answers.map(({ text, requestId }) => text.replaceAll(requestId, ""));
    for (const { status, text, requestId, headers } of answers) {
      expect(status).toBe(404);
      expect(text.replaceAll(requestId, "")).toBe(first);
      expect(headers.get("cache-control")).toBe("no-store");
    }
  });

  it("is never kept as missing: it is seen as soon as it is public", async () => {
    const org = await createOrganization();
    const { body } = await org.call("POST", "/v1/agents", { externalId: "support", name: "Support" });
    expect((await ask(`/v1/trust/${body.id}`)).status).toBe(404);
    await org.call("PATCH", `/v1/agents/${body.id}`, { isPublic: true });
    expect((await ask(`/v1/trust/${body.id}`)).status).toBe(200);
  });
});

describe("the attestation that is shown", () => {
  it("is the newest in force, and verifies offline with all that its file brings", async () => {
    const world = await publicAgent();
    await attest(world);
    const newer = await attest(world);
    const { body } = await ask(world.path);
    expect(body.attestation).toMatchObject({
      id: newer.body.id,
      statement: newer.body.statement,
      keyState: "active",
      agentVersionNumber: 1,
      isOfPresentVersion: true,
      revocation: { state: "not_revoked" },
    });
    expect(body.log.size).toBeGreaterThan(0);
    const bundle = (await ask(new URL(body.attestation.bundle).pathname)).body;
    const pins = { fingerprints: [env.ROOT_FINGERPRINT], witnesses: [], now: new Date(), maxListAgeSeconds: 60 };
    const { findings } = await checkStatement(bundle, pins);
    expect(Object.fromEntries(findings.map(({ check, verdict }) => [check, verdict]))).toEqual({
      issuer: "root_pinned",
      signature: "signature_valid",
      key: "key_active",
      log: "included",
      expiry: "not_expired",
      revocation: "not_revoked",
    });
    const { text } = await ask(new URL(body.log.checkpoint).pathname);
    expect(text.split("\n")).toEqual(expect.arrayContaining([String(body.log.size), body.log.root]));
  });

  it("is an older one where only the newest was taken back", async () => {
    const world = await publicAgent();
    const older = await attest(world);
    const newer = await attest(world);
    await world.org.call("POST", `/v1/attestations/${newer.body.id}/revoke`, { reason: "mistaken" });
    expect((await ask(world.path)).body.attestation.id).toBe(older.body.id);
  });

  it("is not one that has expired", async () => {
    const world = await publicAgent();
    const { body } = await attest(world, 1);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse(body.expiresAt) });
    const seen = await ask(world.path);
    vi.useRealTimers();
    expect(seen.body.attestation).toBeNull();
    expect(reasonOf(seen, "attestation")).toBe("expired");
  });

  it("says of which version it is, once the agent has another", async () => {
    const world = await publicAgent();
    await attest(world);
    await world.org.call("PATCH", `/v1/agents/${world.agentId}`, { version: "2" });
    expect((await ask(world.path)).body.attestation).toMatchObject({ agentVersionNumber: 1, isOfPresentVersion: false });
  });

  it("is never one of a run or a pact: those are shown through share links alone", async () => {
    const world = await publicAgent();
    const { org, agentId } = world;
    const condition = { id: "fast", type: "latency_ms", operator: "lt", value: 1000, unit: "ms", severity: "major" };
    const pact = await org.call("POST", "/v1/pacts", { agentId, name: "Promise", conditions: [condition] });
    await org.call("POST", `/v1/pacts/${pact.body.id}/activate`);
    const issued = await org.call("POST", `/v1/agents/${agentId}/attestations`, { about: { kind: "pact", pactId: pact.body.id } });
    expect(issued.status, issued.text).toBe(201);
    await org.call("POST", `/v1/attestations/${issued.body.id}/shares`, {});
    const seen = await ask(world.path);
    expect(reasonOf(seen, "attestation")).toBe("none_issued");
    expect(seen.text).not.toContain(issued.body.id);
  });
});

afterEach(() => void vi.useRealTimers());
