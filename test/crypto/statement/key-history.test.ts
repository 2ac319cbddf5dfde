import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { toBase64Url } from "../../../src/crypto/base64url.ts";
import { utf8 } from "../../../src/crypto/encoding.ts";
import { chooseSigner, type Signer } from "../../../src/crypto/signer.ts";
import { jwsTypes, signJson } from "../../../src/crypto/statement/jws.ts";
import {
  changeHistory,
  historyDigest,
  newHistory,
  openKeyHistory,
  signHistory,
  standingOf,
  type HistoryChange,
  type KeyHistory,
} from "../../../src/crypto/statement/key-history.ts";
import { newSigner, sampleIssuer } from "./signing.ts";

const at = (day: number): Date => new Date(Date.UTC(2026, 0, day));

let root: Signer;
let first: Signer;
let second: Signer;
beforeAll(async () => {
  [root, first, second] = await Promise.all([newSigner(), newSigner(), newSigner()]);
});

const introduce = ({ kid, x }: Signer, othersEndAt: Date): HistoryChange => ({
  kind: "introduce",
  purpose: "statement",
  kid,
  x,
  othersEndAt,
});

async function follow(history: KeyHistory, change: HistoryChange, now: Date): Promise<KeyHistory> {
  const changed = changeHistory(history, change, now, await historyDigest(await signHistory(root, history)));
  return changed.ok ? changed.history : expect.fail(changed.reason);
}

/** `first` from day 1, `second` from day 10 with an overlap until day 11. */
async function rotated(): Promise<KeyHistory> {
  const start = changeHistory(newHistory(sampleIssuer, root.x, at(1)), introduce(first, at(1)), at(1), null);
  if (!start.ok) return expect.fail(start.reason);
  return follow(start.history, introduce(second, at(11)), at(10));
}

describe("the key history", () => {
  it("is read back as the root key signed it, and names that key", async () => {
    const history = await rotated();
    const opened = await openKeyHistory(await signHistory(root, history));
    expect(opened).toEqual({ ok: true, history, rootKid: root.kid });
  });

  it("is not opened where another key signed it, or a thumbprint is not its key's", async () => {
    const history = await rotated();
    const forger = await newSigner();
    expect(await openKeyHistory(await signJson({ ...forger, kid: root.kid }, jwsTypes.keyHistory, history))).toEqual({
      ok: false,
      fault: "badly_signed",
    });
    expect(await openKeyHistory(await signJson(forger, jwsTypes.keyHistory, history))).toEqual({ ok: false, fault: "malformed" });
    const swapped = { ...history, keys: history.keys.map((key) => ({ ...key, x: forger.x })) };
    expect(await openKeyHistory(await signHistory(root, swapped))).toEqual({ ok: false, fault: "malformed" });
    const twice = { ...history, keys: [...history.keys, ...history.keys] };
    expect(await openKeyHistory(await signHistory(root, twice))).toEqual({ ok: false, fault: "malformed" });
    expect(await openKeyHistory("a.b.c")).toEqual({ ok: false, fault: "malformed" });
  });

  it("tells a superseded key's old signatures from those after its time, and both from a revoked key's", async () => {
    const history = await rotated();
    expect(standingOf(history, first.kid, "statement", at(5)).status).toBe("active");
    const later: KeyHistory = { ...history, issuedAt: at(20).toISOString() };
    expect(standingOf(later, first.kid, "statement", at(5)).status).toBe("superseded");
    expect(standingOf(later, first.kid, "statement", at(12)).status).toBe("outside_its_time");
    expect(standingOf(later, second.kid, "statement", at(9)).status).toBe("outside_its_time");
    expect(standingOf(later, second.kid, "statement", at(12)).status).toBe("active");
    expect(standingOf(later, second.kid, "checkpoint", at(12)).status).toBe("other_purpose");
    expect(standingOf(later, root.kid, "statement", at(12)).status).toBe("unknown");
    const revoked = await follow(later, { kind: "revoke", kid: second.kid, reason: "key_compromise", since: at(15) }, at(21));
    expect(standingOf(revoked, second.kid, "statement", at(12))).toMatchObject({
      status: "revoked",
      revoked: { reason: "key_compromise", since: at(15).toISOString() },
    });
  });

  it("refuses a key twice, an unknown key, a second revocation and times that cannot be", async () => {
    const history = await rotated();
    const revoke = { kind: "revoke", kid: second.kid, reason: "key_lost", since: at(12) } as const;
    expect(changeHistory(history, introduce(first, at(20)), at(20), null)).toEqual({ ok: false, reason: "known_key" });
    expect(changeHistory(history, introduce(root, at(19)), at(20), null)).toEqual({ ok: false, reason: "before_its_time" });
    expect(changeHistory(history, { ...revoke, kid: root.kid }, at(20), null)).toEqual({ ok: false, reason: "unknown_key" });
    expect(changeHistory(history, revoke, at(11), null)).toEqual({ ok: false, reason: "before_its_time" });
    const revoked = await follow(history, revoke, at(20));
    expect(changeHistory(revoked, revoke, at(21), null)).toEqual({ ok: false, reason: "already_revoked" });
  });

  it("never loses a key, moves its beginning or takes a revocation back, whatever is done in whatever order", async () => {
    const keys = await Promise.all(Array.from({ length: 6 }, newSigner));
    const step = fc.record({ revokes: fc.boolean(), key: fc.nat({ max: 5 }), purpose: fc.constantFrom("statement", "checkpoint") });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        let history = newHistory(sampleIssuer, root.x, at(1));
        for (const [index, { revokes, key, purpose }] of steps.entries()) {
          const now = at(index + 2);
          const { kid, x } = keys[key] ?? root;
          const change: HistoryChange = revokes
            ? { kind: "revoke", kid, reason: "key_compromise", since: now }
            : { kind: "introduce", purpose, kid, x, othersEndAt: now };
          const changed = changeHistory(history, change, now, "sha256:0");
          if (!changed.ok) continue;
          for (const old of history.keys) {
            const kept = changed.history.keys.find((one) => one.kid === old.kid);
            expect(kept).toMatchObject({ x: old.x, purpose: old.purpose, introducedAt: old.introducedAt });
            if (old.revoked !== null) expect(kept?.revoked).toEqual(old.revoked);
            if (old.supersededAt !== null) expect(kept?.supersededAt).toBe(old.supersededAt);
          }
          history = changed.history;
          for (const wanted of ["statement", "checkpoint"] as const) {
            const signing = history.keys.filter((one) => one.purpose === wanted && one.revoked === null && one.supersededAt === null);
            expect(signing.length).toBeLessThanOrEqual(1);
          }
        }
      }),
    );
  });
});

describe("which key of the ring signs", () => {
  it("is the newest that the history lets sign, so a rotation waits for the ring and not the other way round", async () => {
    const history = await rotated();
    const choose = (ring: readonly Signer[], now: Date) => chooseSigner(ring, history, "statement", now)?.kid;
    expect(choose([second, first], at(5))).toBe(first.kid);
    expect(choose([first, second], at(10))).toBe(second.kid);
    expect(choose([first], at(10))).toBe(first.kid);
    expect(choose([first], at(11))).toBeUndefined();
    expect(chooseSigner([first, second], history, "checkpoint", at(10))).toBeUndefined();
    const revoked = await follow(history, { kind: "revoke", kid: second.kid, reason: "key_compromise", since: at(12) }, at(12));
    expect(chooseSigner([first, second], revoked, "statement", at(13))).toBeUndefined();
  });
});

describe("a signature made with the root key for something else", () => {
  it("is no history", async () => {
    const history = await rotated();
    const other = await signJson(root, jwsTypes.statusList, history);
    expect(await openKeyHistory(other)).toEqual({ ok: false, fault: "malformed" });
    expect(await openKeyHistory(`${toBase64Url(utf8("{}"))}.e30.AA`)).toEqual({ ok: false, fault: "malformed" });
  });
});
