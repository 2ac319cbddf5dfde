import { describe, expect, it } from "vitest";
import { checkpointKeysBy } from "../../src/audit/checkpoint-signer.ts";
import { changeHistory, newHistory, signHistory, type HistoryChange, type KeyHistory } from "../../src/crypto/statement/key-history.ts";
import { newSigner } from "../crypto/statement/signing.ts";

const start = new Date("2026-10-01T00:00:00.000Z");
const later = new Date("2026-10-02T00:00:00.000Z");

describe("the keys that a log names", () => {
  it("are those of checkpoints, superseded ones too, and revoked ones not", async () => {
    const [root, first, second, third, statement] = await Promise.all(Array.from({ length: 5 }, newSigner));
    if (root === undefined || first === undefined || second === undefined || third === undefined || statement === undefined)
      return expect.fail();
    let history: KeyHistory = newHistory("https://api.armalo.test", root.x, start);
    const change = (wanted: HistoryChange): void => {
      const changed = changeHistory(history, wanted, later, null);
      history = changed.ok ? changed.history : expect.fail(changed.reason);
    };
    for (const [purpose, { kid, x }] of [
      ["checkpoint", first],
      ["checkpoint", second],
      ["checkpoint", third],
      ["statement", statement],
    ] as const)
      change({ kind: "introduce", purpose, kid, x, othersEndAt: later });
    change({ kind: "revoke", kid: second.kid, reason: "key_compromise", since: start });
    expect(await checkpointKeysBy({ signed: await signHistory(root, history) })).toEqual([first.publicKey, third.publicKey]);
  });
});
