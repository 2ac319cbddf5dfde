import { describe, expect, it } from "vitest";
import { dsseEnvelope, signDsse } from "../../src/crypto/statement/dsse.ts";
import { fromBase64Url, toBase64Url } from "../../src/crypto/base64url.ts";
import { utf8 } from "../../src/crypto/encoding.ts";
import { signHistory } from "../../src/crypto/statement/key-history.ts";
import type { Bundle } from "../../src/crypto/statement/bundle.ts";
import { checkStatement } from "../../src/verifier/check-statement.ts";
import type { Pins } from "../../src/verifier/trust.ts";
import { exitCodeOf } from "../../src/verifier/verdicts.ts";
import { newSigner, sampleAttestation, sampleOrg } from "../crypto/statement/signing.ts";
import {
  change,
  day,
  inclusionOf,
  introduced,
  newBundle,
  newIssuer,
  signedCheckpoint,
  statusListOf,
  witnessKey,
  type TestIssuer,
} from "./issuer.ts";

const pinsOf = (issuer: TestIssuer, more: Partial<Pins> = {}): Pins => ({
  fingerprints: [issuer.root.kid],
  witnesses: [],
  now: day(40),
  maxListAgeSeconds: 86_400,
  ...more,
});

/** Every check's verdict, and the exit code. */
async function judge(bundle: Bundle, pins: Pins): Promise<Record<string, string | number>> {
  const { findings } = await checkStatement(bundle, pins);
  return { ...Object.fromEntries(findings.map(({ check, verdict }) => [check, verdict])), exit: exitCodeOf(findings, []) };
}

const allGood = {
  issuer: "root_pinned",
  signature: "signature_valid",
  key: "key_active",
  log: "included",
  expiry: "not_expired",
  revocation: "not_revoked",
  exit: 0,
};

describe("a statement's verdicts", () => {
  it("are good, each by itself, for what the issuer signed and logged", async () => {
    const issuer = await newIssuer();
    const bundle = await newBundle(issuer);
    expect(await judge(bundle, pinsOf(issuer))).toEqual(allGood);
  });

  it("hold for the DSSE twin, which the same log entry covers", async () => {
    const issuer = await newIssuer();
    const bundle = await newBundle(issuer);
    const payload = fromBase64Url(bundle.statement.split(".")[1] ?? "") ?? expect.fail("no payload");
    const twin = dsseEnvelope(payload, issuer.statement.kid, await signDsse(issuer.statement, payload));
    expect(await judge({ ...bundle, statement: twin }, pinsOf(issuer))).toEqual(allGood);
    const flipped = { ...twin, payload: twin.payload.replace(/^./, (char) => (char === "e" ? "f" : "e")) };
    expect((await judge({ ...bundle, statement: flipped }, pinsOf(issuer))).exit).not.toBe(0);
  });

  it("never hold with any single bit of the payload or the signature flipped", async () => {
    const issuer = await newIssuer();
    const bundle = await newBundle(issuer);
    const [head = "", body = "", signature = ""] = bundle.statement.split(".");
    for (const [part, text] of [
      [1, body],
      [2, signature],
    ] as const) {
      const bytes = fromBase64Url(text) ?? expect.fail("not base64url");
      for (let bit = 0; bit < bytes.length * 8; bit += part === 1 ? 13 : 1) {
        const flipped = Uint8Array.from(bytes);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const parts = [head, body, signature].with(part, toBase64Url(flipped));
        const { exit } = await judge({ ...bundle, statement: parts.join(".") }, pinsOf(issuer));
        expect([3, 11], `bit ${bit} of part ${part}`).toContain(exit);
      }
    }
  });

  it("never hold with any single bit of the proof or its checkpoint flipped", async () => {
    const issuer = await newIssuer();
    const bundle = await newBundle(issuer);
    const { inclusion } = bundle;
    const bytes = utf8(inclusion.proof);
    // A third of the bits, and each place in a byte.
    for (let bit = 0; bit < bytes.length * 8; bit += 3) {
      const flipped = Uint8Array.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const proof = new TextDecoder().decode(flipped);
      const { exit, log } = await judge({ ...bundle, inclusion: { ...inclusion, proof } }, pinsOf(issuer));
      expect(exit, `bit ${bit}: ${log}`).not.toBe(0);
    }
  });

  it("tell whose keys these are only where the reader pinned them", async () => {
    const issuer = await newIssuer();
    const bundle = await newBundle(issuer);
    const stranger = await newIssuer();
    expect(await judge(bundle, pinsOf(issuer, { fingerprints: [] }))).toEqual({ ...allGood, issuer: "issuer_unverified", exit: 10 });
    expect(await judge(bundle, pinsOf(stranger))).toEqual({ ...allGood, issuer: "issuer_unverified", exit: 10 });
    const pinned = pinsOf(issuer, { fingerprints: [issuer.statement.kid, issuer.checkpoint.kid] });
    expect(await judge(bundle, pinned)).toEqual({ ...allGood, issuer: "key_pinned" });
    const half = await judge(bundle, pinsOf(issuer, { fingerprints: [issuer.statement.kid] }));
    expect(half).toMatchObject({ issuer: "key_pinned", signature: "signature_valid", log: "checkpoint_badly_signed" });
  });

  it("tell a forger's whole bundle from the issuer's", async () => {
    const issuer = await newIssuer();
    const forged = await newBundle(await newIssuer());
    const real = await signHistory(issuer.root, issuer.history);
    expect(await judge({ ...forged, keyHistory: real }, pinsOf(issuer))).toMatchObject({
      issuer: "root_pinned",
      signature: "signature_unchecked",
      key: "key_unknown",
      log: "checkpoint_badly_signed",
      revocation: "list_invalid",
      exit: 12,
    });
  });

  it("keep what an old key signed good after its rotation, and what it signed afterwards not", async () => {
    const issuer = await newIssuer();
    const bundle = await newBundle(issuer);
    const next = await newSigner();
    change(issuer, introduced("statement", next, day(35)), day(35));
    const keyHistory = await signHistory(issuer.root, issuer.history);
    const statusList = await statusListOf(issuer, { by: next });
    expect(await judge({ ...bundle, keyHistory, statusList }, pinsOf(issuer))).toEqual({ ...allGood, key: "key_superseded" });
    const late = await newBundle(issuer, { statement: sampleAttestation({ issuedAt: day(36).toISOString() }) });
    expect(await judge({ ...late, keyHistory, statusList }, pinsOf(issuer))).toMatchObject({ key: "key_outside_its_time", exit: 15 });
  });

  it("believe a revoked key only where the reader's own witness saw the checkpoint before its compromise", async () => {
    const issuer = await newIssuer();
    const seen = await newBundle(issuer, { witnessedAt: day(33) });
    const next = await newSigner();
    change(issuer, introduced("statement", next, day(34)), day(34));
    change(issuer, { kind: "revoke", kid: issuer.statement.kid, reason: "key_compromise", since: day(34) }, day(36));
    const after = { keyHistory: await signHistory(issuer.root, issuer.history), statusList: await statusListOf(issuer, { by: next }) };
    const witnesses = [witnessKey(issuer)];
    expect(await judge({ ...seen, ...after }, pinsOf(issuer, { witnesses }))).toEqual({ ...allGood, key: "key_revoked_witnessed" });
    expect(await judge({ ...seen, ...after }, pinsOf(issuer))).toMatchObject({ key: "key_revoked", exit: 14 });
    const { leaf, preimage } = seen.inclusion;
    const late = await inclusionOf(issuer, leaf, preimage, { witnessedAt: day(34) });
    expect(await judge({ ...seen, ...after, inclusion: late }, pinsOf(issuer, { witnesses }))).toMatchObject({
      key: "key_revoked",
      exit: 14,
    });
  });

  it("notice that a key history was left behind, by the digest in the revocation list", async () => {
    const issuer = await newIssuer();
    const bundle = await newBundle(issuer);
    change(issuer, { kind: "revoke", kid: issuer.checkpoint.kid, reason: "key_lost", since: day(36) }, day(36));
    const statusList = await statusListOf(issuer);
    expect(await judge({ ...bundle, statusList }, pinsOf(issuer))).toMatchObject({ key: "key_history_outdated", exit: 17 });
  });

  it("believe a revoked log key no more than a revoked signing key", async () => {
    const issuer = await newIssuer();
    const bundle = await newBundle(issuer);
    change(issuer, { kind: "revoke", kid: issuer.checkpoint.kid, reason: "key_compromise", since: day(2) }, day(36));
    const after = { ...bundle, keyHistory: await signHistory(issuer.root, issuer.history), statusList: await statusListOf(issuer) };
    expect(await judge(after, pinsOf(issuer))).toMatchObject({ log: "checkpoint_key_revoked", exit: 24 });
  });

  it("tell expired, early, revoked, stale and unlisted apart", async () => {
    const issuer = await newIssuer();
    const bundle = await newBundle(issuer);
    const at = (now: Date) => judge(bundle, pinsOf(issuer, { now }));
    expect(await at(new Date("2026-12-01T00:00:00.000Z"))).toMatchObject({ expiry: "expired", exit: 30 });
    expect(await at(new Date("2026-10-31T23:59:59.999Z"))).toMatchObject({ expiry: "not_yet_valid", exit: 31 });
    expect(await at(day(42))).toEqual({ ...allGood, revocation: "list_stale", exit: 33 });
    expect(await judge({ ...bundle, statusList: null }, pinsOf(issuer))).toEqual({ ...allGood, revocation: "list_absent", exit: 34 });
    const entry = { id: "att_1111111111111111111111", at: day(39).toISOString(), reason: "mistaken" };
    const listed = { ...bundle, statusList: await statusListOf(issuer, { revoked: [entry] }) };
    expect(await judge(listed, pinsOf(issuer))).toEqual({ ...allGood, revocation: "revoked", exit: 32 });
    const forged = { ...bundle, statusList: await statusListOf(issuer, { by: issuer.witness }) };
    expect(await judge(forged, pinsOf(issuer))).toEqual({ ...allGood, revocation: "list_invalid", exit: 35 });
    const { findings } = await checkStatement({ ...bundle, statusList: null }, pinsOf(issuer));
    expect(exitCodeOf(findings, ["list_absent"])).toBe(0);
  });

  it("tell a missing proof, another log's checkpoint, a proof for another size and another event apart", async () => {
    const issuer = await newIssuer();
    const bundle = await newBundle(issuer);
    const { inclusion } = bundle;
    const { leaf, preimage } = inclusion;
    expect(await judge({ ...bundle, inclusion: null }, pinsOf(issuer))).toEqual({ ...allGood, log: "inclusion_absent", exit: 20 });
    const other = await inclusionOf(issuer, leaf, preimage, { origin: "api.armalo.test/log/org_2222222222222222222222" });
    expect(await judge({ ...bundle, inclusion: other }, pinsOf(issuer))).toEqual({ ...allGood, log: "checkpoint_of_other_log", exit: 23 });
    const smaller = await inclusionOf(issuer, leaf, preimage, { size: 4 });
    const head = inclusion.proof.slice(0, inclusion.proof.indexOf("\n\n") + 2);
    const mixed = { ...inclusion, proof: head + smaller.proof.slice(smaller.proof.indexOf("\n\n") + 2) };
    expect(await judge({ ...bundle, inclusion: mixed }, pinsOf(issuer))).toEqual({ ...allGood, log: "inclusion_invalid", exit: 21 });
    const neighbour = { ...inclusion, leaf: issuer.leaves[0] ?? leaf };
    expect(await judge({ ...bundle, inclusion: neighbour }, pinsOf(issuer))).toEqual({ ...allGood, log: "event_of_another", exit: 25 });
    const badly = { ...inclusion, proof: head + (await signedCheckpoint(issuer, { by: issuer.statement })) };
    expect(await judge({ ...bundle, inclusion: badly }, pinsOf(issuer))).toEqual({ ...allGood, log: "checkpoint_badly_signed", exit: 22 });
  });

  it("go on holding when the installation moves to another address", async () => {
    const issuer = await newIssuer();
    const bundle = await newBundle(issuer);
    change(issuer, { kind: "move", issuer: "https://new.armalo.test" }, day(36));
    const keyHistory = await signHistory(issuer.root, issuer.history);
    const { leaf, preimage } = bundle.inclusion;
    const moved = { ...bundle, keyHistory, statusList: await statusListOf(issuer, { address: "https://new.armalo.test" }) };
    expect(await judge(moved, pinsOf(issuer))).toEqual(allGood);
    const anew = await inclusionOf(issuer, leaf, preimage, { origin: `new.armalo.test/log/${sampleOrg}` });
    expect(await judge({ ...moved, inclusion: anew }, pinsOf(issuer))).toEqual(allGood);
  });

  it("do not accept the statement of one issuer under the key history of another that shares its key", async () => {
    const issuer = await newIssuer();
    const bundle = await newBundle(issuer, { statement: sampleAttestation({ issuer: "https://other.test" }) });
    expect(await judge(bundle, pinsOf(issuer))).toMatchObject({ issuer: "issuer_unverified", exit: 10 });
  });
});
