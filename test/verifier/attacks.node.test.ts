import { beforeAll, describe, expect, it } from "vitest";
import { strToU8, zipSync } from "fflate";
import { formatNote, verifierKey } from "../../src/audit/transparency/signed-note.ts";
import { parseCanonicalJson } from "../../src/crypto/canonical-json.ts";
import { jsonDigest } from "../../src/crypto/digest.ts";
import { toBase64, utf8 } from "../../src/crypto/encoding.ts";
import { signHistory } from "../../src/crypto/statement/key-history.ts";
import { signStatement } from "../../src/crypto/statement/statement.ts";
import { checkDocument, type Report } from "../../src/verifier/check-document.ts";
import type { Beside } from "../../src/verifier/check-evidence.ts";
import { readDocument } from "../../src/verifier/read-document.ts";
import type { Pins } from "../../src/verifier/trust.ts";
import { exitCodeOf } from "../../src/verifier/verdicts.ts";
import { sampleAttestation } from "../crypto/statement/signing.ts";
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
  type TestIssuer,
  type WholeBundle,
} from "./issuer.ts";

let issuer: TestIssuer;
let good: WholeBundle;
let pins: Pins;

beforeAll(async () => {
  issuer = await newIssuer();
  good = await newBundle(issuer);
  pins = { fingerprints: [issuer.root.kid], witnesses: [], now: day(40), maxListAgeSeconds: 86_400 };
});

const nothing: Beside = { keyHistory: null, checkpoint: null, leaves: null, accepted: [] };

async function judge(file: string | Uint8Array<ArrayBuffer>, beside: Partial<Beside> = {}, over: Partial<Pins> = {}) {
  const document = readDocument(typeof file === "string" ? utf8(file) : file);
  const { findings }: Report =
    document === undefined
      ? { findings: [], statement: null }
      : await checkDocument(document, { ...nothing, ...beside }, { ...pins, ...over });
  return {
    exit: document === undefined ? 3 : exitCodeOf(findings, []),
    lines: findings.map(({ check, verdict }) => `${check} ${verdict}`),
  };
}

/** An archive of the log as it stands, with these statements. */
async function archiveOf(statements: Readonly<Record<string, object>>, log = issuer): Promise<Uint8Array<ArrayBuffer>> {
  const files = {
    "events.jsonl": log.leaves.map((leaf) => `${JSON.stringify(leaf)}\n`).join(""),
    "checkpoint.txt": await signedCheckpoint(log),
    "leaf-hashes.txt": log.leaves.map((leaf) => `${toBase64(hashOf(leaf))}\n`).join(""),
    "keys/key-history.jws": good.keyHistory,
    ...Object.fromEntries(Object.entries(statements).map(([name, bundle]) => [name, JSON.stringify(bundle)])),
  };
  return Uint8Array.from(zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)]))));
}

describe("a verifier", () => {
  it("does not let a file's old key history hide a revocation that its reader knows of", async () => {
    const thief = await newIssuer();
    const stolen = await newBundle(thief);
    const old = { ...stolen, statusList: await statusListOf(thief) };
    change(thief, introduced("statement", thief.witness, day(35)), day(35));
    change(thief, { kind: "revoke", kid: thief.statement.kid, reason: "key_compromise", since: day(2) }, day(36));
    const fresh = await signHistory(thief.root, thief.history);
    const over = { fingerprints: [thief.root.kid] };
    expect((await judge(JSON.stringify(old), {}, over)).exit).toBe(0);
    expect(await judge(JSON.stringify(old), { keyHistory: fresh }, over)).toMatchObject({ exit: 14 });
    const shown = { ...old, keyHistory: fresh };
    expect((await judge(JSON.stringify(shown), { keyHistory: old.keyHistory }, over)).exit).toBe(14);
    const foreign = await signHistory(issuer.root, issuer.history);
    expect((await judge(JSON.stringify(old), { keyHistory: foreign }, over)).exit).toBe(10);
    const crowded = { ...issuer.history, number: 99 };
    const misled = { ...old, keyHistory: await signHistory(issuer.root, crowded) };
    expect((await judge(JSON.stringify(misled), { keyHistory: old.keyHistory }, over)).exit).toBe(0);
    expect((await judge(JSON.stringify(old), { keyHistory: `${fresh.slice(0, -9)}AAAAAAAA` }, over)).exit).not.toBe(0);
  });

  it("does not take a revocation list from the future for a fresh one", async () => {
    const early = { ...good, statusList: await statusListOf(issuer, { issuedAt: day(300) }) };
    expect(await judge(JSON.stringify(early))).toMatchObject({ exit: 36 });
    const skewed = { ...good, statusList: await statusListOf(issuer, { issuedAt: new Date(day(40).getTime() + 60_000) }) };
    expect(await judge(JSON.stringify(skewed))).toMatchObject({ exit: 0 });
  });

  it("takes no attestation that never ends", async () => {
    await expect(signStatement(issuer.statement, sampleAttestation({ expiresAt: undefined }))).rejects.toThrow();
  });

  it("says so, and soon, where a forged checkpoint claims more events than there could be", async () => {
    const text = (await signedCheckpoint(issuer)).replace(/\n\d+\n/, `\n${Number.MAX_SAFE_INTEGER}\n`);
    const forged = await newIssuer();
    const [body = ""] = text.split("\n\n");
    const note = `${body}\n`;
    const [name = ""] = note.split("\n");
    const signature = {
      keyName: name,
      keyId: verifierKey(name, 1, forged.checkpoint.publicKey).keyId,
      bytes: await forged.checkpoint.sign(utf8(note)),
    };
    const events = [issuer.leaves[0], { ...issuer.leaves[0], seq: Number.MAX_SAFE_INTEGER }].map((leaf) => JSON.stringify(leaf)).join("\n");
    const beside = {
      checkpoint: formatNote({ text: note, signatures: [signature] }),
      keyHistory: await signHistory(forged.root, forged.history),
    };
    expect(await judge(events, beside, { fingerprints: [forged.root.kid] })).toMatchObject({ exit: 41 });
  });

  it("refuses an event with a member named twice, of which a person may read the other one", async () => {
    const line = JSON.stringify(issuer.leaves[0]);
    const doubled = line.replace('{"v":1', '{"actor":"key:key_nobody","v":1');
    expect(JSON.parse(doubled)).toEqual(issuer.leaves[0]);
    const rest = issuer.leaves.slice(1).map((leaf) => JSON.stringify(leaf));
    const beside = { checkpoint: await signedCheckpoint(issuer), keyHistory: good.keyHistory };
    expect((await judge([line, ...rest].join("\n"), beside)).exit).toBe(0);
    expect((await judge([doubled, ...rest].join("\n"), beside)).exit).toBe(3);
  });

  it("answers what has no canonical form, and does not break", async () => {
    for (const text of ['{"a":"\\ud800"}', '{"a":1e400}']) expect(parseCanonicalJson(utf8(text))).toBeUndefined();
    const [head = "", , signature = ""] = good.statement.split(".");
    const body = Buffer.from('{"a":"\\ud800"}').toString("base64url");
    expect((await judge(`${head}.${body}.${signature}`)).exit).toBe(11);
    const halved = { ...good, inclusion: { ...good.inclusion, leaf: { ...good.inclusion.leaf, actor: "\ud800" } } };
    expect((await judge(JSON.stringify(halved))).exit).toBe(3);
  });
});

describe("an archive", () => {
  const name = "attestations/att_1.json";

  it("holds with the statement that its events issued, and is told where that is left out", async () => {
    expect(await judge(await archiveOf({ [name]: good }))).toMatchObject({ exit: 0 });
    const without = await judge(await archiveOf({}));
    expect(without.exit).toBe(41);
    expect(without.lines).toContain("events missing");
  });

  it("is told where a statement is logged under another checkpoint than the archive's: of a fork, or of another log", async () => {
    const fork: TestIssuer = { ...issuer, leaves: [] };
    const forked = await newBundle(fork, { statement: sampleAttestation({ id: "att_2222222222222222222222" }) });
    expect(await judge(JSON.stringify({ ...forked, keyHistory: good.keyHistory, statusList: good.statusList }))).toMatchObject({ exit: 0 });
    expect(await judge(await archiveOf({ [name]: good, "attestations/att_2.json": forked }))).toMatchObject({ exit: 25 });
  });

  it("is told where a co-signature is left out", async () => {
    const { agent: _, expiresAt: _never, ...predicate } = sampleAttestation().predicate;
    const signed = await newBundle(issuer, { statement: { ...sampleAttestation(), kind: "cosignature", predicate } });
    const attested = { "attestations/att_1.json": good };
    expect(await judge(await archiveOf({ ...attested, "cosignatures/csg_1.json": signed }))).toMatchObject({ exit: 0 });
    expect(await judge(await archiveOf(attested))).toMatchObject({ exit: 41 });
    issuer.leaves.splice(-5);
  });

  it("is told where the first receipts of an agent are left out", async () => {
    const log: TestIssuer = { ...issuer, leaves: [] };
    const about = {
      kind: "receipt" as const,
      predicate: {
        ...sampleAttestation({ expiresAt: undefined }).predicate,
        number: 2,
        previous: `sha256:${"0".repeat(64)}`,
        intent: null,
        action: { name: "a", digest: "d" },
      },
    };
    const signed = await signStatement(log.statement, { ...sampleAttestation(), ...about });
    const preimage = { statement: signed.digest };
    const leaf = await logEvent(log, { action: "pact.call_validated", change: await jsonDigest(preimage) });
    const receipt = { ...good, statement: signed.jws, inclusion: await inclusionOf(log, leaf, preimage), statusList: null };
    const files = {
      "events.jsonl": `${JSON.stringify(leaf)}\n`,
      "checkpoint.txt": await signedCheckpoint(log),
      "keys/key-history.jws": good.keyHistory,
      "receipts/rcp_2.json": JSON.stringify(receipt),
    };
    const zip = Uint8Array.from(zipSync(Object.fromEntries(Object.entries(files).map(([path, text]) => [path, strToU8(text)]))));
    const { exit, lines } = await judge(zip);
    expect(lines).toContain("receipts missing");
    expect(exit).toBe(41);
  });

  describe("of receipts", () => {
    const version = { number: 1, digest: `sha256:${"0".repeat(64)}` };
    const actions = ["run.finished", "pact.call_validated", "run.cancelled"];

    /** A log in which these actions gave the only agent its receipts, one after the other. */
    async function receiptsOf(log: TestIssuer, givers = actions): Promise<Record<string, object>> {
      let previous: string | null = null;
      const made = [];
      for (const [at, action] of givers.entries()) {
        const facts = { number: at + 1, previous, intent: null, version, action: { name: "a", digest: "d" } };
        const predicate = { ...sampleAttestation({ expiresAt: undefined }).predicate, ...facts };
        const signed = await signStatement(log.statement, { ...sampleAttestation(), kind: "receipt", predicate });
        const preimage = { statement: signed.digest };
        made.push({ signed, preimage, leaf: await logEvent(log, { action, change: await jsonDigest(preimage) }) });
        previous = signed.digest;
      }
      const bundles = made.map(async ({ signed, preimage, leaf }, at): Promise<[string, object]> => [
        `receipts/rcp_${at + 1}.json`,
        { ...good, statement: signed.jws, inclusion: await inclusionOf(log, leaf, preimage), statusList: null },
      ]);
      return Object.fromEntries(await Promise.all(bundles));
    }

    const firsts = actions.flatMap((older) => [...actions, "receipt.imported"].map((first) => ({ older, first: [first] })));
    it.each(firsts)("holds whole, and with an event $older from before the first receipt, of $first", async ({ older, first }) => {
      const log: TestIssuer = { ...issuer, leaves: [] };
      await logEvent(log, { action: older });
      const receipts = await receiptsOf(log, first);
      expect(await judge(await archiveOf(receipts, log))).toMatchObject({ exit: 0 });
    });

    it("is told where one is left out, in the middle or at the end, or all of them", async () => {
      const log: TestIssuer = { ...issuer, leaves: [] };
      const receipts = Object.entries(await receiptsOf(log));
      expect(await judge(await archiveOf(Object.fromEntries(receipts), log))).toMatchObject({ exit: 0 });
      const lefts = [receipts.slice(0, -1), receipts.slice(0, -2), receipts.toSpliced(1, 1), []];
      for (const left of lefts) {
        const { exit, lines } = await judge(await archiveOf(Object.fromEntries(left), log));
        expect(lines).toContain("events missing");
        expect(exit).toBe(41);
      }
    });

    it.each(actions)("is told of each action by itself: %s", async (action) => {
      const log: TestIssuer = { ...issuer, leaves: [] };
      await logEvent(log, { action });
      expect(await judge(await archiveOf({}, log))).toMatchObject({ exit: 41 });
    });
  });
});
