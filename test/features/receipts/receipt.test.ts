import { describe, expect, it } from "vitest";
import { jwsTypes, signJson } from "../../../src/crypto/statement/jws.ts";
import type { AgentKeyRow } from "../../../src/features/agent-keys/index.ts";
import { judgeIntent } from "../../../src/features/receipts/intent.ts";
import { dispositions, effects, placeAfter, receiptModes, ReceiptFacts } from "../../../src/features/receipts/receipt.ts";
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
  const decisions = ["allow", "deny", "require_approval", "undecided"] as const;
  const approval = { id: "apr_1", digest };
  /** Every combination that may be said, as words: mode, what the policy decided, whether somebody approved, disposition and effect. */
  const sayable = new Set(
    receiptModes.flatMap((mode) =>
      [...decisions, null].flatMap((decision) =>
        [approval, null].flatMap((approved) =>
          dispositions.flatMap((disposition) =>
            [...effects, null].flatMap((effect) => {
              const policy = decision === null ? null : { id: "pct_1", digest, decision };
              const { success } = ReceiptFacts.safeParse({ ...facts, mode, policy, approval: approved, disposition, effect });
              return success ? [`${mode} ${decision} ${approved === null ? "unapproved" : "approved"} ${disposition} ${effect}`] : [];
            }),
          ),
        ),
      ),
    ),
  );
  const sayableOf = (pattern: RegExp): string[] => [...sayable].filter((words) => pattern.test(words));

  it("knows an effect of what was tried, and of nothing that was blocked or denied", () => {
    expect(sayableOf(/(blocked|denied) (attempted|confirmed|unknown)$|(executed|errored|timed_out) null$/)).toEqual([]);
    for (const disposition of dispositions) expect(sayableOf(new RegExp(` ${disposition} `)), disposition).not.toEqual([]);
  });

  it("never says that what the policy denied was tried, or that what it allowed was denied", () => {
    expect(sayableOf(/ deny \w+ (executed|errored|timed_out)/)).toEqual([]);
    expect(sayableOf(/ allow \w+ denied/)).toEqual([]);
    expect(sayableOf(/ deny unapproved (denied|blocked) null/)).toHaveLength(6);
    expect(sayableOf(/ allow unapproved blocked null/)).toHaveLength(3);
  });

  it("never says that what needed an approval was tried without one", () => {
    expect(sayableOf(/ require_approval unapproved (executed|errored|timed_out)/)).toEqual([]);
    expect(sayableOf(/production require_approval approved executed/)).toHaveLength(3);
  });

  it("confirms an effect of what was executed in production alone, and attempts nothing in a dry run", () => {
    expect(sayableOf(/confirmed$/).filter((words) => !/^production .* executed confirmed$/.test(words))).toEqual([]);
    expect(sayableOf(/^dry_run .*attempted$/)).toEqual([]);
    expect(sayableOf(/^production allow unapproved executed confirmed$/)).toHaveLength(1);
    expect(sayableOf(/^dry_run allow unapproved executed unknown$/)).toHaveLength(1);
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
