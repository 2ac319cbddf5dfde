import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { openStatement } from "../../../src/crypto/statement/open-statement.ts";
import { dimensionNames } from "../../../src/scores/names.ts";
import { jsonDigest } from "../../../src/crypto/digest.ts";
import type { Signer } from "../../../src/crypto/signer.ts";
import { jwsTypes, signJson } from "../../../src/crypto/statement/jws.ts";
import { checkReceiptChain } from "../../../src/verifier/check-receipts.ts";
import { checkStatement } from "../../../src/verifier/check-statement.ts";
import { exitCodeOf } from "../../../src/verifier/verdicts.ts";
import { ownerSees, roundTrips } from "../../support/harness.ts";
import { createOrganization, type TestOrganization } from "../../support/organization.ts";
import { registerKey, selfRunOf } from "../../support/proofs.ts";
import { callAs, statementOf } from "../attestations/attestation-world.ts";
import { newAgent } from "../pacts/pact-world.ts";

type World = { readonly org: TestOrganization; readonly agentId: string; readonly signer: Signer };

async function world(): Promise<World> {
  const org = await createOrganization();
  const agentId = await newAgent(org);
  return { org, agentId, signer: await registerKey(org, agentId) };
}

const importRun = async ({ org, agentId, signer }: World, said: Parameters<typeof selfRunOf>[3] = {}) =>
  org.call("POST", "/v1/receipts/import", { agentId, artifact: await selfRunOf(org, agentId, signer, said) });

describe("a self-run artifact", () => {
  it("comes in once, in two round trips, as a receipt and as evidence of assurance 0.3", async () => {
    const made = await world();
    const { org, agentId } = made;
    const artifact = await selfRunOf(org, agentId, made.signer);
    const imported = await org.call("POST", "/v1/receipts/import", { agentId, artifact });
    expect(imported.status, imported.text).toBe(201);
    expect(await roundTrips(imported.requestId)).toBe(2);
    expect(imported.body).toMatchObject({
      assurance: 0.3,
      checks: 1,
      receipt: { number: 1, effect: "unknown", action: "self_run.import" },
    });
    const { body: evidence } = await org.call("GET", `/v1/agents/${agentId}/score/evidence`);
    expect(evidence.records).toMatchObject([{ runId: imported.body.receipt.id, assurance: "self_run", author: org.orgId }]);
    const { body: score } = await org.call("GET", `/v1/agents/${agentId}/score`);
    expect(score.dimensions.accuracy.N).toBeCloseTo(0.3 * 0.85, 2);
    expect(score.dimensions.accuracy.independent.N).toBe(0);
    expect((await org.call("POST", "/v1/receipts/import", { agentId, artifact })).status).toBe(409);
  });

  it("is refused where it does not say, under the agent's signature, that it ran in production", async () => {
    const made = await world();
    for (const mode of ["simulation", "dry_run", "live", null]) {
      const refused = await importRun(made, { mode });
      expect([refused.status, refused.body.errors[0]], String(mode)).toEqual([
        400,
        { path: "body.artifact", message: "The artifact's mode is not of its form." },
      ]);
    }
    const { mode: _, ...silent } = statementOf(await selfRunOf(made.org, made.agentId, made.signer));
    const artifact = await signJson(made.signer, jwsTypes.selfRun, silent);
    expect((await made.org.call("POST", "/v1/receipts/import", { agentId: made.agentId, artifact })).status).toBe(400);
    expect((await made.org.call("GET", "/v1/receipts")).body.items).toEqual([]);
  });

  it("is refused by another key, of another version, old, of another kind, or with a check twice", async () => {
    const made = await world();
    const { org, agentId } = made;
    const stranger = await importRun({ ...made, signer: await registerKey(org, await newAgent(org)) });
    expect(stranger.body.errors[0].path).toBe("body.artifact");
    const check = { caseIndex: 0, check: "greets", dimension: "accuracy", value: 1 };
    for (const said of [
      { versionDigest: `sha256:${"00".repeat(32)}` },
      { agentId: await newAgent(org) },
      { ranAt: new Date(Date.now() - 8 * 86_400_000).toISOString() },
      { ranAt: new Date(Date.now() + 60_000).toISOString() },
      { checks: [check, check] },
      { checks: [{ ...check, value: 2 }] },
      { checks: [] },
      { type: "https://armalo.ai/self-run/v2" },
    ])
      expect((await importRun(made, said)).status, JSON.stringify(said)).toBe(400);
    await org.call("POST", `/v1/agents/${agentId}/signing-keys/${made.signer.kid}/revoke`);
    expect((await importRun(made)).status).toBe(400);
  });
});

describe("what an agent ran by itself", () => {
  const check = { caseIndex: 0, check: "greets", dimension: "accuracy", value: 1 };

  it("says nothing of pacts, of counterparties, or of dimensions that there are not", async () => {
    const made = await world();
    for (const dimension of dimensionNames) {
      const { status } = await importRun(made, { checks: [{ ...check, dimension }] });
      expect(status, dimension).toBe(dimension === "pactCompliance" || dimension === "counterparty" ? 400 : 201);
    }
    for (const more of [
      { dimension: "jury" },
      { condition: { digest: "x", pactDigest: "x", conditionId: "x", severity: "critical" } },
      { assurance: 1 },
    ])
      expect((await importRun(made, { checks: [{ ...check, ...more }] })).status, JSON.stringify(more)).toBe(400);
    expect((await importRun(made, { assurance: "confirmed_effect", author: "platform" })).status).toBe(400);
  });

  it("never makes a score or a tier by itself, however much of it there is", async () => {
    const made = await world();
    const dimensions = ["accuracy", "safety", "reliability", "latency", "costEfficiency"];
    for (let suite = 0; suite < 4; suite += 1) {
      const checks = dimensions.flatMap((dimension) => Array.from({ length: 200 }, (_, caseIndex) => ({ ...check, dimension, caseIndex })));
      const imported = await importRun(made, { checks, suiteDigest: `sha256:${`0${suite}`.repeat(32)}` });
      expect([imported.status, imported.body.compositeScore]).toEqual([201, null]);
    }
    const { body } = await made.org.call("GET", `/v1/agents/${made.agentId}/score`);
    expect([body.status, body.certificationTier]).toEqual(["insufficient_evidence", null]);
    for (const name of dimensions) {
      expect(body.dimensions[name].N).toBeLessThanOrEqual(12);
      expect(body.dimensions[name].independent.N).toBe(0);
    }
  });

  it("is taken in by its own organization alone", async () => {
    const made = await world();
    const artifact = await selfRunOf(made.org, made.agentId, made.signer);
    const other = await createOrganization();
    const asked = (agentId: string) => other.call("POST", "/v1/receipts/import", { agentId, artifact });
    const [foreign, unknown] = [await asked(made.agentId), await asked(`agt_${"1".repeat(22)}`)];
    expect([foreign.status, foreign.text.replace(foreign.requestId, "")]).toEqual([404, unknown.text.replace(unknown.requestId, "")]);
    const own = await asked(await newAgent(other));
    expect([own.status, own.body.errors[0].path]).toEqual([400, "body.artifact"]);
    expect((await made.org.call("GET", "/v1/receipts")).body.items).toEqual([]);
  });

  it("is not taken in for an archived agent, nor by a key that is bound to another one", async () => {
    const made = await world();
    const { org, agentId } = made;
    const artifact = await selfRunOf(org, agentId, made.signer);
    const stranger = await callAs(org, await newAgent(org));
    expect((await stranger("POST", "/v1/receipts/import", { agentId, artifact })).status).toBe(404);
    await org.call("POST", `/v1/agents/${agentId}/archive`);
    expect((await org.call("POST", "/v1/receipts/import", { agentId, artifact })).status).toBe(409);
  });
});

describe("receipts", () => {
  it("of what brings evidence are each scored with all that came before, though they are asked for at the same time", async () => {
    const made = await world();
    const times = Array.from({ length: 6 }, (_, index) => new Date(Date.now() - index * 1000).toISOString());
    const answers = await Promise.all(times.map((ranAt) => importRun(made, { ranAt })));
    expect(answers.map(({ status }) => status)).toEqual(times.map(() => 201));
    const rows = await ownerSees("select runs_on_record from scores where org_id = $1 order by 1", made.org.orgId);
    expect(rows.map((row) => row["runs_on_record"])).toEqual([1, 2, 3, 4, 5, 6]);
    const { body } = await made.org.call("GET", `/v1/agents/${made.agentId}/score/history`);
    for (const { computedAt, evidenceDigest } of body.items) {
      const { body: evidence } = await made.org.call("GET", `/v1/agents/${made.agentId}/score/evidence?asOf=${computedAt}`);
      expect(await jsonDigest(evidence.records), computedAt).toBe(evidenceDigest);
    }
  });

  it("are told of as they were signed, and nothing else", async () => {
    const made = await world();
    const { body } = await importRun(made);
    const { predicate } = statementOf(body.receipt.statement);
    const { id, agent, number, action, about, mode, disposition, effect, issuedAt, deployment } = predicate;
    expect(body.receipt).toMatchObject({ id, agentId: agent.id, number, action: action.name, about, mode, disposition, effect, issuedAt });
    expect(deployment.environment).toBe("live");
    const { statement, kid, digest, ...rest } = body.receipt;
    expect(Object.keys(rest).toSorted()).toEqual([
      "about",
      "action",
      "agentId",
      "disposition",
      "effect",
      "id",
      "issuedAt",
      "mode",
      "number",
    ]);
    const opened = await openStatement(statement);
    expect(opened.ok && [opened.opened.kid, opened.opened.digest]).toEqual([kid, digest]);
  });

  it("of a test organization say so", async () => {
    const org = await createOrganization({ environment: "test" });
    const agentId = await newAgent(org);
    const { body } = await importRun({ org, agentId, signer: await registerKey(org, agentId) });
    expect(statementOf(body.receipt.statement).predicate.deployment).toEqual({ kind: "local", environment: "test" });
  });

  it("of an agent are one unbroken chain, though they are asked for at the same time", async () => {
    const made = await world();
    const { org, agentId } = made;
    const times = Array.from({ length: 8 }, (_, index) => new Date(Date.now() - index * 1000).toISOString());
    const answers = await Promise.all(times.map((ranAt) => importRun(made, { ranAt })));
    expect(answers.map(({ status }) => status)).toEqual(times.map(() => 201));
    const { body } = await org.call("GET", `/v1/receipts?agentId=${agentId}`);
    const inOrder = body.items.toSorted((a: { number: number }, b: { number: number }) => a.number - b.number);
    const opened = await Promise.all(inOrder.map(({ statement }: { statement: string }) => openStatement(statement)));
    expect(checkReceiptChain(opened.map((one) => one.opened)).map(({ verdict }) => verdict)).toEqual(["unbroken"]);
    expect(inOrder.map(({ number }: { number: number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("hold for a stranger, with the log entry that they share with what they are a receipt of", async () => {
    const made = await world();
    const { body } = await importRun(made);
    const bundle = await made.org.call("GET", `/v1/receipts/${body.receipt.id}/bundle`);
    const pins = { fingerprints: [env.ROOT_FINGERPRINT], witnesses: [], now: new Date(), maxListAgeSeconds: 1 };
    const { findings } = await checkStatement(bundle.body, pins);
    expect(Object.fromEntries(findings.map(({ check, verdict }) => [check, verdict]))).toEqual({
      issuer: "root_pinned",
      signature: "signature_valid",
      key: "key_active",
      log: "included",
      expiry: "without_expiry",
      revocation: "not_revocable",
    });
    expect(exitCodeOf(findings, [])).toBe(0);
    expect(bundle.body.inclusion.preimage.change).toMatch(/^sha256:/);
    const dsse = await made.org.call("GET", `/v1/receipts/${body.receipt.id}/bundle?envelope=dsse`);
    expect(exitCodeOf((await checkStatement(dsse.body, pins)).findings, [])).toBe(0);
  });

  it("are never changed, by nobody", async () => {
    const made = await world();
    await importRun(made);
    for (const change of ["update receipts set number = 7", "delete from receipts", "truncate receipts cascade", "delete from self_runs"])
      await expect(ownerSees(change)).rejects.toThrow(/not allowed/);
  });
});
