import { describe, expect, it } from "vitest";
import { settleRestriction } from "../../src/access/gate-queries.ts";
import { sweepOffers } from "../../src/features/cosignatures/index.ts";
import { cosign, newActivePact, offered, tokenOf } from "../support/bilateral.ts";
import { failDatabase } from "../support/harness.ts";
import { createOrganization, type TestOrganization } from "../support/organization.ts";
import { newPayer, pay } from "../support/payments.ts";
import { environment, mintFor, newMember, newRoom } from "../support/rooms.ts";
import { organizationWithAgent } from "../features/attestations/attestation-world.ts";
import { actionsOf } from "../features/cosignatures/bilateral-world.ts";
import { activePact, fast, payee } from "../features/pacts/pact-world.ts";
import { ago, quickstart } from "../features/scores/score-world.ts";
import { addEndpoint, dataOf, everyType, toldTo } from "./hook-world.ts";

async function listening(): Promise<TestOrganization> {
  const org = await createOrganization();
  await addEndpoint(org, everyType);
  return org;
}

/** Sent three times at once and once more, with one Idempotency-Key: one change. */
async function repeat(org: TestOrganization, method: string, path: string, body?: unknown) {
  const headers = { "idempotency-key": crypto.randomUUID() };
  const send = () => org.call(method, path, body, headers);
  const answers = [...(await Promise.all([send(), send(), send()])), await send()];
  const done = answers.find(({ status }) => status < 300);
  expect(done, answers.map(({ text }) => text).join()).toBeDefined();
  return done?.body;
}

const typesOf = (told: Awaited<ReturnType<typeof toldTo>>): string[] => told.map(({ type }) => type);

describe("of keys", () => {
  it("is told what was minted, rotated and revoked, once each and never the key", async () => {
    const org = await listening();
    const made = await repeat(org, "POST", "/v1/keys", { name: "Ada Lovelace", scopes: ["agents:read"] });
    const rotated = await repeat(org, "POST", `/v1/keys/${made.id}/rotate`, { overlapSeconds: 60 });
    await repeat(org, "POST", `/v1/keys/${rotated.id}/revoke`);
    const told = await toldTo(org);
    expect(typesOf(told)).toEqual(["key.created", "key.rotated", "key.revoked"]);
    const rights = { scopes: ["agents:read"], agentId: null, expiresAt: null };
    expect(told[0]?.data).toEqual({ keyId: made.id, ...rights });
    expect(told[1]?.data).toEqual({ keyId: made.id, replacementId: rotated.id, ...rights, diesAt: expect.any(String) });
    expect(told[2]?.data).toMatchObject({ keyId: rotated.id });
    expect(JSON.stringify(told)).not.toMatch(/arm_live|Ada|secret/i);
  });

  it("is told of a revocation that the gate alone had kept, once", async () => {
    const org = await listening();
    const made = await org.call("POST", "/v1/keys", { name: "k", scopes: ["agents:read"] });
    const restriction = { keyId: made.body.id, kind: "revoked", diesAt: Date.now(), since: Date.now() } as const;
    await settleRestriction(environment(), org.orgId, restriction, new Date());
    await settleRestriction(environment(), org.orgId, restriction, new Date());
    expect(typesOf(await toldTo(org))).toEqual(["key.created", "key.revoked"]);
  });
});

describe("of pacts", () => {
  it("is told what became binding, and what it replaced", async () => {
    const org = await listening();
    const first = await activePact(org);
    const { body: next } = await org.call("POST", `/v1/pacts/${first.id}/versions`, { name: "Next" });
    await repeat(org, "POST", `/v1/pacts/${next.id}/activate`);
    expect(dataOf(await toldTo(org), "pact.activated")).toEqual([
      { pactId: first.id, agentId: first.agentId, lineageId: first.id, version: 1, digest: first.digest, supersededId: null },
      expect.objectContaining({ pactId: next.id, lineageId: first.id, version: 2, supersededId: first.id }),
    ]);
  });

  it("is told of each check that found one broken, by its conditions and not by what was reported", async () => {
    const org = await listening();
    const info = { ...fast, id: "nice", severity: "info" };
    const pact = await activePact(org, [fast, payee, info]);
    const broken = { latencyMs: 5_000, toolCalls: [{ tool: "pay", arguments: { to: "mallory", amount: 1_000 } }] };
    const check = await repeat(org, "POST", `/v1/pacts/${pact.id}/verify`, broken);
    const call = await repeat(org, "POST", `/v1/pacts/${pact.id}/validate-call`, { tool: "pay", arguments: { to: "mallory", amount: 1 } });
    await repeat(org, "POST", `/v1/pacts/${pact.id}/verify`, { latencyMs: 1, toolCalls: [] });
    const about = { pactId: pact.id, pactDigest: pact.digest, agentId: pact.agentId, runId: null };
    const told = await toldTo(org);
    expect(dataOf(told, "pact.violated")).toEqual([
      {
        ...about,
        checkId: check.id,
        conditions: [
          { id: "fast", severity: "minor" },
          { id: "payee", severity: "critical" },
        ],
      },
      { ...about, checkId: call.id, conditions: [{ id: "payee", severity: "critical" }] },
    ]);
    expect(JSON.stringify(told)).not.toContain("mallory");
  });

  it("is told of nothing where only a condition for information was not kept", async () => {
    const org = await listening();
    const pact = await activePact(org, [payee, { ...fast, severity: "info" }]);
    const call = { tool: "pay", arguments: { to: "alice", amount: 1 } };
    await repeat(org, "POST", `/v1/pacts/${pact.id}/verify`, { latencyMs: 5_000, toolCalls: [call] });
    expect(typesOf(await toldTo(org))).toEqual(["pact.activated"]);
  });

  it("are told to both sides of a co-signature, once each", async () => {
    const [promisor, signer] = [await listening(), await listening()];
    const pact = await newActivePact(promisor);
    const offer = await offered(promisor, pact);
    const token = tokenOf(offer);
    const signed = await repeat(signer, "POST", `/v1/offered-pacts/${token}/cosign`, { digest: pact.digest });
    await sweepOffers(environment(), new Date(Date.now() + 60_000));
    await sweepOffers(environment(), new Date(Date.now() + 60_000));
    const shared = { pactId: pact.id, pactDigest: pact.digest, offerId: offer.id, cosignatureId: signed.id, digest: signed.digest };
    const [toPromisor, toSigner] = [await toldTo(promisor), await toldTo(signer)];
    expect(dataOf(toPromisor, "pact.cosigned")).toEqual([{ as: "promisor", ...shared, organizationId: signer.orgId }]);
    expect(dataOf(toSigner, "pact.cosigned")).toEqual([{ as: "cosigner", ...shared, organizationId: promisor.orgId }]);
    expect(JSON.stringify([toPromisor, toSigner])).not.toContain(token);
  });

  it("are not told to be co-signed to a promisor where that was taken back first", async () => {
    const [promisor, signer] = [await listening(), await listening()];
    const pact = await newActivePact(promisor);
    const token = tokenOf(await offered(promisor, pact));
    await failDatabase(promisor.orgId, "down");
    const signed = await cosign(signer, token, pact.digest);
    const withdrawn = await signer.call("POST", `/v1/pact-cosignatures/${signed.body.id}/withdraw`, { reason: "no longer agreed" });
    expect(withdrawn.status, withdrawn.text).toBe(200);
    await failDatabase(promisor.orgId, "none");
    await sweepOffers(environment(), new Date(Date.now() + 60_000));
    expect(await actionsOf(promisor.orgId)).toContainEqual(expect.objectContaining({ action: "cosignature.received" }));
    expect(dataOf(await toldTo(promisor), "pact.cosigned")).toEqual([]);
    expect(dataOf(await toldTo(signer), "pact.cosigned")).toHaveLength(1);
  });
});

describe("of attestations and rooms", () => {
  it("is told what was issued and taken back, and not why in words", async () => {
    const { org, agentId } = await organizationWithAgent();
    await addEndpoint(org, everyType);
    await quickstart(org, agentId, ago(1_000));
    const issued = await repeat(org, "POST", `/v1/agents/${agentId}/attestations`, { about: { kind: "score" } });
    await repeat(org, "POST", `/v1/attestations/${issued.id}/revoke`, { reason: "Ada asked for it" });
    const told = (await toldTo(org)).filter(({ type }) => type.startsWith("attestation."));
    const shared = { attestationId: issued.id, agentId, kind: "score", digest: issued.digest };
    expect(told.map(({ type, data }) => [type, data])).toEqual([
      ["attestation.issued", { ...shared, about: agentId, issuedAt: issued.issuedAt, expiresAt: issued.expiresAt }],
      ["attestation.revoked", { ...shared, revokedAt: expect.any(String) }],
    ]);
    expect(JSON.stringify(told)).not.toContain("Ada");
  });

  it("is told who was put out of a room, an agent or a token", async () => {
    const org = await listening();
    const { roomId } = await newRoom(org);
    const agentId = await newMember(org);
    const { body: token } = await mintFor(org, roomId, agentId);
    const first = await repeat(org, "POST", `/v1/rooms/${roomId}/revocations`, { agentId, until: null });
    await repeat(org, "POST", `/v1/rooms/${roomId}/revocations`, { tokenId: token.tokenId });
    expect(dataOf(await toldTo(org), "room.member_revoked")).toEqual([
      { revocationId: first.id, roomId, agentId, tokenId: null, until: null },
      { revocationId: expect.any(String), roomId, agentId: null, tokenId: token.tokenId, until: expect.any(String) },
    ]);
  });
});

describe("of payments", () => {
  it("is told the organization whose thing was sold, once, and neither who paid nor with what identifier", async () => {
    const org = await listening();
    const { body: agent } = await org.call("POST", "/v1/agents", { externalId: "bot", name: "Bot", isPublic: true });
    await quickstart(org, agent.id, ago(1_000));
    const payer = await newPayer();
    const paid = await pay(payer, { path: `/v1/agents/${agent.id}/score` });
    expect(paid.status, paid.text).toBe(200);
    const settled = async () => dataOf(await toldTo(org), "payment.settled");
    await expect.poll(settled).toHaveLength(1);
    expect((await settled())[0]).toMatchObject({ operation: "scores.get", about: agent.id, outcome: "delivered" });
    const told = JSON.stringify(await toldTo(org)).toLowerCase();
    expect(told).not.toContain(payer.address.toLowerCase());
    expect(told).not.toContain(paid.headers.get("x-payment-id")?.toLowerCase());
  });
});
