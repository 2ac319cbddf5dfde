import { describe, expect, it } from "vitest";
import { formatNote, formatVerifierKey, parseNote, parseVerifierKey, verifierKey } from "../../../src/audit/transparency/signed-note.ts";
import { verifyNote } from "../../../src/audit/transparency/verify-note.ts";
import { newKey, signedBy } from "./support.ts";

// Published with the format's first implementation, golang.org/x/mod/sumdb/note.
const peter = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const enoch = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
const text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const peterLine = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
const enochLine = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";
// The examples of C2SP signed-note and tlog-cosignature, whose keys were not published.
const poem =
  "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";
const sofa =
  "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";

const key = (vkey: string) => {
  const parsed = parseVerifierKey(vkey);
  if (parsed === undefined) throw new Error("not a vkey");
  return parsed;
};
const verify = async (note: string, vkeys: readonly string[]) => {
  const parsed = parseNote(note);
  return parsed === undefined ? "malformed" : verifyNote(parsed, vkeys.map(key));
};

describe("a note", () => {
  it("of the published vectors verifies, and lines of unknown keys count for nothing", async () => {
    const note = `${text}\n${peterLine}${enochLine}`;
    expect(await verify(note, [peter, enoch])).toMatchObject({
      ok: true,
      verified: [{ key: { name: "PeterNeumann" } }, { key: { name: "EnochRoot" } }],
    });
    expect(await verify(note, [enoch])).toMatchObject({ ok: true, verified: [{ key: { name: "EnochRoot" }, witnessedAt: null }] });
    expect(await verify(note, [])).toEqual({ ok: false, reason: "unknown_signers", keyName: null });
  });

  it("is read from the specifications' examples, and written back byte for byte", () => {
    for (const note of [poem, sofa, `${text}\n${peterLine}`]) {
      const parsed = parseNote(note);
      expect(parsed && formatNote(parsed)).toBe(note);
    }
    expect(parseNote(poem)?.text).toContain("sole:\n\ned è");
    expect(parseNote(sofa)?.signatures.map(({ keyName }) => keyName)).toEqual(["example.com/behind-the-sofa", "witness.example.com/w1"]);
  });

  it("is spoilt by one bad line of a known key, whatever else signed it", async () => {
    const forged = peterLine.replace("ZJkuBS9UG", "ZJkuBS9UH");
    expect(await verify(`${text}\n${forged}${enochLine}`, [peter, enoch])).toEqual({
      ok: false,
      reason: "bad_signature",
      keyName: "PeterNeumann",
    });
    expect(await verify(`${text}\n${forged}${enochLine}`, [enoch])).toMatchObject({ ok: true });
  });

  it("does not survive a flipped bit anywhere in its text or its signature", async () => {
    const log = await newKey("log.example/1", 1);
    const note = await signedBy("log.example/1\n7\nAAAA\n", log);
    const bytes = new TextEncoder().encode(note);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = new TextDecoder().decode(bytes.with(bit >> 3, (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))));
      const parsed = parseNote(flipped);
      expect(parsed !== undefined && (await verifyNote(parsed, [log.key])).ok, `bit ${bit}`).toBe(false);
    }
  });

  it("does not hold under a key of small order, whose one signature fits every text", async () => {
    const identity = Uint8Array.of(1, ...new Uint8Array(31));
    const key = verifierKey("witness.example", 1, identity);
    const universal = Uint8Array.of(...identity, ...new Uint8Array(32));
    const runtime = await crypto.subtle.importKey("raw", identity, "Ed25519", false, ["verify"]);
    expect(await crypto.subtle.verify("Ed25519", runtime, universal, new TextEncoder().encode(text))).toBe(true);
    const note = { text, signatures: [{ keyName: key.name, keyId: key.keyId, bytes: universal }] };
    expect(await verifyNote(note, [key])).toMatchObject({ ok: false, reason: "bad_signature" });
  });

  it("is refused where it is malformed", () => {
    const bad = [
      text,
      `${text}\n`,
      `${text}\n${peterLine.slice(0, -1)}`,
      `\u0001${text}\n${peterLine}`,
      `${text}\n${peterLine}Unexpected line.\n`,
      `${text}\n— Bad Name x08go/ZJkuBS\n`,
      `${text}\n— a+b x08go/ZJkuBS\n`,
      `${text}\n— a\u00a0b x08go/ZJkuBS\n`,
      `${text}\n— a x08g\n`,
      `${text}\n— a x08go/ZJkuB=\n`,
      `\n${peterLine}`,
      `\ud800${text}\n${peterLine}`,
      `${text}\n${peterLine.repeat(101)}`,
      `${"x".repeat(1 << 20)}\n\n${peterLine}`,
      "",
    ];
    for (const note of bad) expect(parseNote(note), JSON.stringify(note.slice(0, 150))).toBeUndefined();
    expect(parseNote(`${text}\n${peterLine.repeat(16)}`)?.signatures).toHaveLength(16);
  });
});

describe("a verifier key", () => {
  // A public witness's key, of type 4.
  const remora = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2";

  it("is read and written back, and its id is the one that was published with it", () => {
    for (const vkey of [peter, enoch, remora]) expect(formatVerifierKey(key(vkey))).toBe(vkey);
    expect(key(remora).type).toBe(4);
  });

  it("is refused when any part or character of it is changed", () => {
    for (let at = 0; at < peter.length; at += 1) {
      expect(parseVerifierKey(peter.slice(0, at))).toBeUndefined();
      expect(parseVerifierKey(peter.slice(at + 1))).toBeUndefined();
      expect(parseVerifierKey(peter.slice(0, at) + String.fromCharCode(peter.charCodeAt(at) + 1) + peter.slice(at + 1))).toBeUndefined();
    }
    expect(parseVerifierKey("PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==")).toBeUndefined();
    expect(parseVerifierKey("PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")).toBeUndefined();
    expect(() => verifierKey("two words", 1, new Uint8Array(32))).toThrow(TypeError);
    expect(() => verifierKey("name", 1, new Uint8Array(31))).toThrow(TypeError);
  });
});
