import { beforeEach, describe, expect, it } from "vitest";
import { appendLeaves } from "../../src/audit/transparency/append-leaves.ts";
import { parseNote, formatNote } from "../../src/audit/transparency/signed-note.ts";
import { openTileTree } from "../../src/audit/transparency/tile-tree.ts";
import { formatTlogProof, parseTlogProof } from "../../src/audit/transparency/tlog-proof.ts";
import { jsonDigest, sha256Digest } from "../../src/crypto/digest.ts";
import type { Bundle } from "../../src/crypto/statement/bundle.ts";
import { signHistory } from "../../src/crypto/statement/key-history.ts";
import { signStatement } from "../../src/crypto/statement/statement.ts";
import { signStatusList } from "../../src/crypto/statement/status-list.ts";
import { checkStatement } from "../../src/verifier/check-statement.ts";
import type { Pins } from "../../src/verifier/trust.ts";
import { exitCodeOf, type CheckName } from "../../src/verifier/verdicts.ts";
import { sampleAttestation, sampleIssuer, sampleOrg } from "../crypto/statement/signing.ts";
import {
  change,
  day,
  hashOf,
  inclusionOf,
  introduced,
  logEvent,
  newBundle,
  newIssuer,
  signedCheckpoint,
  statusListOf,
  witnessKey,
  type TestIssuer,
  type WholeBundle,
} from "./issuer.ts";

let issuer: TestIssuer;
let good: WholeBundle;
const otherOrg = "org_2222222222222222222222";

beforeEach(async () => {
  issuer = await newIssuer();
  good = await newBundle(issuer);
});

/** The verdict of one check, which is not that of a pass, with the exit code. */
async function judge(bundle: Bundle, check: CheckName, more: Partial<Pins> = {}): Promise<[verdict: string | undefined, exit: number]> {
  const pins = { fingerprints: [issuer.root.kid], witnesses: [], now: day(40), maxListAgeSeconds: 86_400, ...more };
  const { findings } = await checkStatement(bundle, pins);
  return [findings.find((one) => one.check === check)?.verdict, exitCodeOf(findings, [])];
}

describe("a place in the log", () => {
  it("of one statement is not another's, though the issuer signed both", async () => {
    const unlogged = await signStatement(issuer.statement, sampleAttestation({ id: "att_2222222222222222222222" }));
    expect(await judge({ ...good, statement: unlogged.jws }, "log")).toEqual(["event_of_another", 25]);
  });

  it("is the one that the event's own number says", async () => {
    const { preimage } = good.inclusion;
    const leaf = await logEvent(issuer, { seq: 3, id: "aud_x", change: await jsonDigest(preimage) });
    const tiles = appendLeaves(() => undefined, 0, issuer.leaves.map(hashOf));
    const hashes = openTileTree(
      (level, index) => tiles.find((tile) => tile.level === level && tile.index === index)?.hashes,
    ).inclusionProof(5, 6);
    const proof = formatTlogProof({ index: 5, hashes, checkpoint: await signedCheckpoint(issuer) });
    expect(await judge({ ...good, inclusion: { leaf, preimage, proof } }, "log")).toEqual(["inclusion_invalid", 21]);
  });

  it("is of an event of the statement's own organization", async () => {
    const { preimage } = good.inclusion;
    const leaf = await logEvent(issuer, { orgId: otherOrg, change: await jsonDigest(preimage) });
    expect(await judge({ ...good, inclusion: await inclusionOf(issuer, leaf, preimage) }, "log")).toEqual(["event_of_another", 25]);
  });

  it("needs the log's own signature: a witness's alone is none", async () => {
    const { leaf, preimage } = good.inclusion;
    const seen = await inclusionOf(issuer, leaf, preimage, { witnessedAt: day(30) });
    const parsed = parseTlogProof(seen.proof) ?? expect.fail("no proof");
    const note = parseNote(parsed.checkpoint) ?? expect.fail("no note");
    const checkpoint = formatNote({ ...note, signatures: note.signatures.slice(1) });
    const inclusion = { ...seen, proof: formatTlogProof({ ...parsed, checkpoint }) };
    expect(await judge({ ...good, inclusion }, "log", { witnesses: [witnessKey(issuer)] })).toEqual(["checkpoint_badly_signed", 22]);
  });

  it("under a revoked log key counts where the reader's witness saw it before, and not from then on", async () => {
    const { leaf, preimage } = good.inclusion;
    change(issuer, { kind: "revoke", kid: issuer.checkpoint.kid, reason: "key_compromise", since: day(34) }, day(36));
    const after = { keyHistory: await signHistory(issuer.root, issuer.history), statusList: await statusListOf(issuer) };
    const under = async (witnessedAt: Date) => ({
      ...good,
      ...after,
      inclusion: await inclusionOf(issuer, leaf, preimage, { witnessedAt }),
    });
    const witnesses = [witnessKey(issuer)];
    expect(await judge(await under(day(33)), "log", { witnesses })).toEqual(["included", 0]);
    expect(await judge(await under(day(34)), "log", { witnesses })).toEqual(["checkpoint_key_revoked", 24]);
    expect(await judge(await under(day(33)), "log")).toEqual(["checkpoint_key_revoked", 24]);
  });
});

describe("a revocation list", () => {
  const list = async (over: object = {}, by = issuer.statement): Promise<string> => {
    const keyHistory = await sha256Digest(await signHistory(issuer.root, issuer.history));
    const whole = { issuer: sampleIssuer, organization: sampleOrg, issuedAt: day(40).toISOString(), keyHistory, revoked: [], ...over };
    return signStatusList(by, whole);
  };

  it("is the issuer's own, of the statement's organization", async () => {
    expect(await judge({ ...good, statusList: await list() }, "revocation")).toEqual(["not_revoked", 0]);
    expect(await judge({ ...good, statusList: await list({ organization: otherOrg }) }, "revocation")).toEqual(["list_invalid", 35]);
    expect(await judge({ ...good, statusList: await list({ issuer: "https://other.test" }) }, "revocation")).toEqual(["list_invalid", 35]);
  });

  it("is signed by a statement key that was not revoked and was in its time", async () => {
    expect(await judge({ ...good, statusList: await list({}, issuer.checkpoint) }, "revocation")).toEqual(["list_invalid", 35]);
    const early = await list({ issuedAt: "2026-09-01T00:00:00.000Z" });
    expect(await judge({ ...good, statusList: early }, "revocation")).toEqual(["list_invalid", 35]);
    const changed = (await list()).replace(/\.([\w-]+)$/, (_, signature: string) => `.${"A".repeat(10)}${signature.slice(10)}`);
    expect(await judge({ ...good, statusList: changed }, "revocation")).toEqual(["list_invalid", 35]);
    const next = issuer.witness;
    change(issuer, introduced("statement", next, day(35)), day(35));
    change(issuer, { kind: "revoke", kid: issuer.statement.kid, reason: "key_compromise", since: day(38) }, day(39));
    const after = { keyHistory: await signHistory(issuer.root, issuer.history) };
    expect((await judge({ ...good, ...after, statusList: await list({}, issuer.statement) }, "revocation"))[0]).toBe("list_invalid");
    expect((await judge({ ...good, ...after, statusList: await list({}, next) }, "revocation"))[0]).toBe("not_revoked");
  });
});
