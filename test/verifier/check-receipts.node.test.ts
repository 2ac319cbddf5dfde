import { beforeAll, describe, expect, it } from "vitest";
import type { Signer } from "../../src/crypto/signer.ts";
import { jwsTypes, signJson } from "../../src/crypto/statement/jws.ts";
import { openStatement, type OpenedStatement } from "../../src/crypto/statement/open-statement.ts";
import { signStatement } from "../../src/crypto/statement/statement.ts";
import { checkIntent, checkReceiptChain } from "../../src/verifier/check-receipts.ts";
import { newSigner, sampleAttestation } from "../crypto/statement/signing.ts";
import { day } from "./issuer.ts";

const agentId = "agt_1111111111111111111111";
const action = { name: "payment.send", digest: `sha256:${"cd".repeat(32)}` };

let signer: Signer;
let agent: Signer;
let chain: OpenedStatement[];

type Wish = { readonly number: number; readonly previous: string | null; readonly intent?: { x: string; jws: string } | null };

async function receipt({ number, previous, intent = null }: Wish): Promise<OpenedStatement> {
  const { predicate, subject } = sampleAttestation({ number, previous, action, intent, expiresAt: undefined });
  const { jws } = await signStatement(signer, { kind: "receipt", subject, predicate });
  const opened = await openStatement(jws);
  return opened.ok ? opened.opened : expect.fail(opened.fault);
}

beforeAll(async () => {
  [signer, agent] = await Promise.all([newSigner(), newSigner()]);
  chain = [];
  for (let number = 1; number <= 5; number += 1) chain.push(await receipt({ number, previous: chain.at(-1)?.digest ?? null }));
});

const judge = (receipts: readonly OpenedStatement[]): string[] => checkReceiptChain(receipts).map(({ verdict }) => verdict);

describe("a chain of receipts", () => {
  it("is unbroken as it was issued, whole or in part", () => {
    expect(judge(chain)).toEqual(["unbroken"]);
    expect(judge(chain.slice(1, 4))).toEqual(["unbroken"]);
    expect(judge([])).toEqual([]);
  });

  it("tells a receipt left out, moved, doubled or exchanged", async () => {
    expect(judge(chain.toSpliced(2, 1))).toEqual(["missing"]);
    expect(judge([...chain.slice(0, 2), ...chain.slice(3, 4), ...chain.slice(2, 3)])).toEqual(["missing"]);
    expect(judge([...chain].toReversed())).toEqual(["reordered"]);
    expect(judge(chain.toSpliced(2, 0, ...chain.slice(1, 2)))).toEqual(["repeated"]);
    const forged = await receipt({ number: 3, previous: chain[0]?.digest ?? null });
    expect(judge(chain.with(2, forged))).toEqual(["changed"]);
    expect(judge([await receipt({ number: 1, previous: chain[0]?.digest ?? null })])).toEqual(["changed"]);
  });
});

describe("a two-party receipt", () => {
  const pins = () => ({ fingerprints: [agent.kid], witnesses: [], now: day(40), maxListAgeSeconds: 1 });
  const intentOf = async (by: Signer, wanted: object = {}, x = by.x) => ({
    x,
    jws: await signJson(by, jwsTypes.intent, { agentId, action, at: "2026-11-01T00:00:00.000Z", ...wanted }),
  });

  it("carries the agent's own signature over what was done", async () => {
    const [found] = await checkIntent(await receipt({ number: 1, previous: null, intent: await intentOf(agent) }), pins());
    expect(found).toMatchObject({ verdict: "intent_valid" });
    expect(found?.detail).toContain("which you pinned");
    expect(await checkIntent(await receipt({ number: 1, previous: null }), pins())).toEqual([]);
  });

  it("is refused with another action, another agent or another key in it", async () => {
    for (const intent of [
      await intentOf(agent, { action: { ...action, digest: `sha256:${"00".repeat(32)}` } }),
      await intentOf(agent, { action: { ...action, name: "payment.refund" } }),
      await intentOf(agent, { agentId: "agt_2" }),
      await intentOf(agent, {}, signer.x),
      { x: agent.x, jws: await signJson(agent, jwsTypes.selfRun, { agentId, action }) },
    ])
      expect((await checkIntent(await receipt({ number: 1, previous: null, intent }), pins()))[0]?.verdict).toBe("intent_invalid");
  });
});
