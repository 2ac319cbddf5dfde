import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jwsTypes, signJson } from "../../../src/crypto/statement/jws.ts";
import type { AgentKeyRow } from "../../../src/features/agent-keys/index.ts";
import { judgeIntent } from "../../../src/features/receipts/intent.ts";
import { dispositions, effects, placeAfter, ReceiptFacts } from "../../../src/features/receipts/receipt.ts";
import { newSigner } from "../../crypto/statement/signing.ts";

const digest = `sha256:${"ab".repeat(32)}`;
const facts = {
  action: { name: "payment.send", digest },
  about: "pct_1",
  mode: "production",
  policy: { id: "pct_1", digest, decision: "allow" },
  approval: null,
  disposition: "executed",
  effect: "attempted",
  outcome: null,
  intent: null,
};

describe("what a receipt may say", () => {
  it("knows an effect of what was tried, and of nothing that was blocked or denied", () => {
    fc.assert(
      fc.property(fc.constantFrom(...dispositions), fc.constantFrom(...effects, null), (disposition, effect) => {
        const prevented = disposition === "blocked" || disposition === "denied";
        expect(ReceiptFacts.safeParse({ ...facts, disposition, effect }).success).toBe(prevented === (effect === null));
      }),
    );
  });

  it("never says that what the policy denied was executed", () => {
    const policy = { ...facts.policy, decision: "deny" };
    expect(ReceiptFacts.safeParse({ ...facts, policy }).success).toBe(false);
    expect(ReceiptFacts.safeParse({ ...facts, policy, disposition: "denied", effect: null }).success).toBe(true);
  });

  it("stands behind the one before it", () => {
    expect(placeAfter(undefined)).toEqual({ number: 1, previous: null });
    expect(placeAfter({ number: 4, digest })).toEqual({ number: 5, previous: digest });
  });
});

describe("an agent's intent", () => {
  const now = new Date("2026-11-01T00:00:00.000Z");
  const wanted = { agentId: "agt_1", action: facts.action };
  const rowOf = async (signer: Awaited<ReturnType<typeof newSigner>>, revokedAt: Date | null = null): Promise<AgentKeyRow> => ({
    orgId: "org_1",
    agentId: "agt_1",
    kid: signer.kid,
    x: signer.x,
    revokedAt,
    revision: 1,
    createdAt: now,
  });

  it("counts where a registered key of the agent signed this very action, now", async () => {
    const signer = await newSigner();
    const sign = (said: object) => signJson(signer, jwsTypes.intent, { ...wanted, at: now.toISOString(), ...said });
    const jws = await sign({});
    expect(await judgeIntent(jws, wanted, [await rowOf(signer)], now)).toEqual({ ok: true, intent: { x: signer.x, jws } });
    expect((await judgeIntent(jws, wanted, [], now)).ok).toBe(false);
    expect((await judgeIntent(jws, wanted, [await rowOf(signer, now)], now)).ok).toBe(false);
    expect((await judgeIntent(jws, wanted, [await rowOf(await newSigner())], now)).ok).toBe(false);
    const keys = [await rowOf(signer)];
    for (const said of [
      { agentId: "agt_2" },
      { action: { ...facts.action, digest: "sha256:0" } },
      { action: { ...facts.action, name: "x" } },
    ])
      expect((await judgeIntent(await sign(said), wanted, keys, now)).ok, JSON.stringify(said)).toBe(false);
    const old = await sign({ at: new Date(now.getTime() - 600_001).toISOString() });
    expect((await judgeIntent(old, wanted, keys, now)).ok).toBe(false);
    const otherKind = await signJson(signer, jwsTypes.selfRun, { ...wanted, at: now.toISOString() });
    expect((await judgeIntent(otherKind, wanted, keys, now)).ok).toBe(false);
  });
});
