import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { jsonDigest } from "../../../src/crypto/digest.ts";
import { fromBase64Url } from "../../../src/crypto/base64url.ts";
import { jwsTypes, signJson } from "../../../src/crypto/statement/jws.ts";
import { longestCaseMs } from "../../../src/features/evals/run-liveness.ts";
import { sweepRuns } from "../../../src/features/evals/index.ts";
import { checkDocument } from "../../../src/verifier/check-document.ts";
import { exitCodeOf } from "../../../src/verifier/verdicts.ts";
import { roundTrips } from "../../support/harness.ts";
import { callApi, createOrganization, type TestOrganization } from "../../support/organization.ts";
import { registerKey, selfRunOf } from "../../support/proofs.ts";
import { withEngine } from "../evals/stub-engine.ts";
import { easyCases, openWorld } from "../evals/run-world.ts";
import { activePact, cheap, payee } from "../pacts/pact-world.ts";

const predicateOf = (statement: string) =>
  JSON.parse(new TextDecoder().decode(fromBase64Url(statement.split(".")[1] ?? "") ?? new Uint8Array())).predicate;

/** As a stranger finds it, with the root key's and perhaps the agent's fingerprint. */
async function judge(
  org: TestOrganization,
  receiptId: string,
  agentKid: readonly string[] = [],
): Promise<{ exit: number; intent: string }> {
  const { body: bundle } = await org.call("GET", `/v1/receipts/${receiptId}/bundle`);
  const pins = { fingerprints: [env.ROOT_FINGERPRINT, ...agentKid], witnesses: [], now: new Date(), maxListAgeSeconds: 1 };
  const { findings } = await checkDocument(
    { kind: "bundle", bundle },
    { keyHistory: null, checkpoint: null, leaves: null, accepted: [] },
    pins,
  );
  return { exit: exitCodeOf(findings, []), intent: findings.find(({ check }) => check === "intent")?.detail ?? "" };
}

describe("validating a tool call", () => {
  const good = { tool: "pay", arguments: { to: "alice", amount: 5 } };
  const bad = { tool: "pay", arguments: { to: "mallory", amount: 5 } };

  it("gives a receipt of the decision, in two round trips, whatever it is", async () => {
    const org = await createOrganization();
    const pact = await activePact(org, [payee]);
    const validate = (body: object) => org.call("POST", `/v1/pacts/${pact.id}/validate-call`, body);
    const allowed = await validate(good);
    expect(allowed.status, allowed.text).toBe(200);
    expect(await roundTrips(allowed.requestId)).toBe(2);
    const denied = await validate(bad);
    expect(allowed.body.receipt).toMatchObject({
      number: 1,
      mode: "dry_run",
      disposition: "executed",
      effect: "unknown",
      about: allowed.body.id,
    });
    expect(denied.body.receipt).toMatchObject({ number: 2, disposition: "denied", effect: null });
    expect(predicateOf(denied.body.receipt.statement)).toMatchObject({
      requestId: denied.requestId,
      principal: `key:${org.keyId}`,
      previous: allowed.body.receipt.digest,
      policy: { id: pact.id, digest: pact.digest, decision: "deny" },
      action: { name: "tool_call", digest: await jsonDigest(bad) },
    });
    expect((await judge(org, denied.body.receipt.id)).exit).toBe(0);
    const undecided = await activePact(org, [cheap]);
    const open = await org.call("POST", `/v1/pacts/${undecided.id}/validate-call`, good);
    expect(open.body).toMatchObject({ compliant: null, receipt: { disposition: "blocked", effect: null } });
  });

  it("is described for what it is: in a dry run, executed means that it would have been let through", async () => {
    const { body } = await callApi("GET", "/openapi.json");
    expect(body.components.schemas.Receipt.properties.disposition.description).toMatch(
      /`executed` in mode `dry_run`: would have been let through/,
    );
  });

  it("carries the agent's own signature over the call, and takes no other", async () => {
    const org = await createOrganization();
    const pact = await activePact(org, [payee]);
    const signer = await registerKey(org, pact.agentId);
    const intentOf = async (call: object) =>
      signJson(signer, jwsTypes.intent, {
        agentId: pact.agentId,
        action: { name: "tool_call", digest: await jsonDigest(call as { tool: string }) },
        at: new Date().toISOString(),
      });
    const validate = (body: object) => org.call("POST", `/v1/pacts/${pact.id}/validate-call`, body);
    const signed = await validate({ ...good, intent: await intentOf(good) });
    expect(signed.status, signed.text).toBe(200);
    const verdict = await judge(org, signed.body.receipt.id, [signer.kid]);
    expect(verdict).toEqual({ exit: 0, intent: `key ${signer.kid}, which you pinned` });
    const again = await validate({ ...good, intent: predicateOf(signed.body.receipt.statement).intent.jws });
    expect([again.status, again.body.code]).toEqual([409, "state_conflict"]);
    const { body: next } = await org.call("POST", "/v1/pacts", { agentId: pact.agentId, name: "Other", conditions: [payee] });
    await org.call("POST", `/v1/pacts/${next.id}/activate`);
    const replayed = { ...good, intent: predicateOf(signed.body.receipt.statement).intent.jws };
    expect((await org.call("POST", `/v1/pacts/${next.id}/validate-call`, replayed)).status).toBe(409);
    const at = { ...good, intent: await intentOf(good) };
    const twice = await Promise.all([validate(at), validate(at)]);
    expect(twice.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    const other = await validate({ ...bad, intent: await intentOf(good) });
    expect([other.status, other.body.errors[0].path]).toEqual([400, "body.intent"]);
    expect((await validate({ ...good, intent: "a.b.c" })).status).toBe(400);
    await org.call("POST", `/v1/agents/${pact.agentId}/signing-keys/${signer.kid}/revoke`);
    expect((await validate({ ...good, intent: await intentOf(good) })).status).toBe(400);
    expect((await org.call("GET", `/v1/agents/${pact.agentId}/signing-keys`)).body.items[0].revokedAt).not.toBeNull();
    expect((await judge(org, signed.body.receipt.id, [signer.kid])).exit).toBe(0);
  });

  it("keeps one chain while many are asked for at once, and reads once for each, however often another came first", async () => {
    const org = await createOrganization();
    const pact = await activePact(org, [payee]);
    const many = Array.from({ length: 20 }, (_, index) => index + 1);
    const answers = await Promise.all(many.map(() => org.call("POST", `/v1/pacts/${pact.id}/validate-call`, good)));
    expect(answers.map(({ status }) => status)).toEqual(many.map(() => 200));
    const receipts = answers.map(({ body }) => body.receipt).toSorted((a, b) => a.number - b.number);
    expect(receipts.map(({ number }) => number)).toEqual(many);
    expect(receipts.map(({ statement }) => predicateOf(statement).previous)).toEqual([
      null,
      ...receipts.slice(0, -1).map(({ digest }) => digest),
    ]);
    const trips = await Promise.all(answers.map(({ requestId }) => roundTrips(requestId)));
    expect(Math.max(...trips)).toBeLessThanOrEqual(1 + many.length);
  });

  it("of the agent does not keep an import from coming in, nor that one it", async () => {
    const org = await createOrganization();
    const pact = await activePact(org, [payee]);
    const signer = await registerKey(org, pact.agentId);
    const artifacts = await Promise.all(
      [1, 2, 3].map((age) => selfRunOf(org, pact.agentId, signer, { ranAt: new Date(Date.now() - age * 1000).toISOString() })),
    );
    const answers = await Promise.all([
      ...Array.from({ length: 9 }, () => org.call("POST", `/v1/pacts/${pact.id}/validate-call`, good)),
      ...artifacts.map((artifact) => org.call("POST", "/v1/receipts/import", { agentId: pact.agentId, artifact })),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([...Array.from({ length: 9 }, () => 200), 201, 201, 201]);
    expect(answers.map(({ body }) => body.receipt.number).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });
});

const receiptsOf = async (org: TestOrganization): Promise<unknown> => (await org.call("GET", "/v1/receipts")).body.items;

describe("an eval run that ended", () => {
  it("has a receipt with its mode, what came of it, and the version that was asked", async () => {
    const world = await openWorld("echo", easyCases(3));
    const run = await world.finish();
    const { body } = await world.call("GET", `/v1/receipts?agentId=${world.agentId}`);
    expect(body.items).toMatchObject([
      { action: "eval.run", about: run.id, mode: "production", disposition: "executed", effect: "confirmed" },
    ]);
    const predicate = predicateOf(body.items[0].statement);
    expect(predicate).toMatchObject({ principal: "system:eval-run", agent: { id: world.agentId, versionNumber: 1 }, previous: null });
    const { body: shown } = await world.call("GET", `/v1/runs/${run.id}`);
    expect(predicate.outcome).toBe(await jsonDigest(shown));
    expect((await judge(world, body.items[0].id)).exit).toBe(0);
  });

  it("says so where it was a simulation: of that nothing is confirmed", async () => {
    const world = await openWorld("echo", easyCases(2));
    await world.finish({ mode: "simulation" });
    expect(await receiptsOf(world)).toMatchObject([{ mode: "simulation", disposition: "executed", effect: "attempted" }]);
  });

  it("was executed as far as it came where its owner cancelled it", async () => {
    const world = await openWorld("hang", easyCases(4));
    const { body } = await world.start();
    await world.waitFor(body.id, ({ status }) => status === "running");
    await world.call("POST", `/v1/runs/${body.id}/cancel`);
    expect(await receiptsOf(world)).toMatchObject([{ about: body.id, disposition: "executed", effect: "attempted" }]);
  });

  it("was executed as far as it came where it died part way", async () => {
    const world = await openWorld("slow", easyCases(30, { timeoutMs: 5000 }));
    const { body } = await world.start({ concurrency: 1 });
    await world.waitFor(body.id, ({ recordedCases }) => Number(recordedCases) >= 1);
    await vi.waitFor(async () => {
      await sweepRuns(withEngine("errored").env, [{ orgId: world.orgId, runId: body.id }], new Date());
      expect((await world.call("GET", `/v1/runs/${body.id}`)).body).toMatchObject({ status: "partial", mode: "production" });
    }, 20_000);
    expect(await receiptsOf(world)).toMatchObject([{ about: body.id, disposition: "executed", effect: "attempted" }]);
  });

  it("errored where it died with nothing recorded, and timed out where it stood still past its time limit", async () => {
    for (const [engine, lateMs, disposition] of [
      ["errored", 0, "errored"],
      ["running", longestCaseMs + 60_000, "timed_out"],
    ] as const) {
      const world = await openWorld("hang", easyCases(2, { timeoutMs: 60_000 }));
      const { body } = await world.start();
      await world.waitFor(body.id, ({ status }) => status === "running");
      await sweepRuns(withEngine(engine).env, [{ orgId: world.orgId, runId: body.id }], new Date(Date.now() + lateMs));
      const { body: run } = await world.call("GET", `/v1/runs/${body.id}`);
      expect([run.status, run.reasonCodes.includes("timed_out")]).toEqual(["errored", disposition === "timed_out"]);
      expect(await receiptsOf(world)).toMatchObject([{ about: body.id, disposition, effect: "attempted" }]);
    }
  });
});
