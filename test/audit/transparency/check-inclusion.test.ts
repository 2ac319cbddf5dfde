import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkCheckpoint, checkInclusion } from "./check-inclusion.ts";
import { formatCheckpoint, parseCheckpoint } from "../../../src/audit/transparency/checkpoint.ts";
import { parseVerifierKey } from "../../../src/audit/transparency/signed-note.ts";
import { utf8 } from "../../../src/crypto/encoding.ts";
import { openTileTree } from "../../../src/audit/transparency/tile-tree.ts";
import { formatTlogProof, parseTlogProof } from "../../../src/audit/transparency/tlog-proof.ts";
import { hashLeaf } from "../../../src/audit/transparency/tree-hash.ts";
import { leafOf, leavesTo, memoryTiles, newKey, signedBy } from "./support.ts";

const origin = "api.example/log/org_1";
const log = await newKey(origin, 1);
const successor = await newKey(origin, 1);
const otherLog = await newKey("api.example/log/org_2", 1);
const witness = await newKey("witness.example/w", 4);
const tiles = memoryTiles();
tiles.grow(0, leavesTo(700));
const tree = openTileTree(tiles.read);
const textAt = (size: number, name = origin): string => formatCheckpoint({ origin: name, size, root: tree.root(size) });
const checkpoint = await signedBy(textAt(700), log, witness);
const proof = { index: 300, hashes: tree.inclusionProof(300, 700), checkpoint };
const reason = (verdict: { ok: boolean; reason?: string }): string => verdict.reason ?? "ok";

describe("a proof of inclusion", () => {
  it("holds by the log's key, and says which witness saw the tree and when", async () => {
    const verdict = await checkInclusion(leafOf(300), proof, origin, [log.key, witness.key]);
    expect(verdict).toMatchObject({
      ok: true,
      checkpoint: { size: 700 },
      verified: [{ witnessedAt: null }, { witnessedAt: 1_700_000_000, key: { name: "witness.example/w" } }],
    });
  });

  it("does not hold by a witness that took the log's name", async () => {
    const namesake = await newKey(origin, 4);
    const seen = { ...proof, checkpoint: await signedBy(textAt(700), namesake) };
    expect(reason(await checkInclusion(leafOf(300), seen, origin, [namesake.key]))).toBe("unknown_signers");
  });

  it("is told apart from one of another event, place, size, log or signer", async () => {
    const check = async (over: Partial<typeof proof>, keys = [log.key], leaf = leafOf(300)) =>
      reason(await checkInclusion(leaf, { ...proof, ...over }, origin, keys));
    expect(await check({})).toBe("ok");
    expect(await check({}, [log.key], leafOf(301))).toBe("not_included");
    expect(await check({ index: 301 })).toBe("not_included");
    expect(await check({ hashes: proof.hashes.slice(1) })).toBe("not_included");
    expect(await check({ checkpoint: await signedBy(textAt(699), log) })).toBe("not_included");
    expect(await check({ checkpoint: await signedBy(textAt(700, "api.example/log/org_2"), otherLog) }, [log.key, otherLog.key])).toBe(
      "other_log",
    );
    expect(await check({ checkpoint: await signedBy(textAt(700), otherLog) }, [log.key, otherLog.key])).toBe("unknown_signers");
    expect(await check({}, [successor.key])).toBe("unknown_signers");
    expect(await check({}, [witness.key])).toBe("unknown_signers");
    expect(await check({ checkpoint: checkpoint.replace("\n700\n", "\n701\n") })).toBe("bad_signature");
    expect(await check({ checkpoint: textAt(700) })).toBe("malformed_checkpoint");
    expect(await check({ checkpoint: await signedBy("no checkpoint\n", log) })).toBe("malformed_checkpoint");
  });

  it("does not survive a flipped bit anywhere in the event, the proof or the checkpoint", async () => {
    const bytes = utf8(formatTlogProof({ ...proof, checkpoint: await signedBy(textAt(700), log) }));
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = bytes.with(bit >> 3, (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7)));
      const parsed = parseTlogProof(new TextDecoder().decode(flipped));
      expect(parsed !== undefined && (await checkInclusion(leafOf(300), parsed, origin, [log.key])).ok, `bit ${bit}`).toBe(false);
    }
    const entry = utf8("leaf 300");
    for (let bit = 0; bit < entry.length * 8; bit += 1) {
      const leaf = hashLeaf(entry.with(bit >> 3, (entry[bit >> 3] ?? 0) ^ (1 << (bit & 7))));
      expect(reason(await checkInclusion(leaf, proof, origin, [log.key]))).toBe("not_included");
    }
  });

  it("stays good by the old key after the log took a new one", async () => {
    expect(reason(await checkInclusion(leafOf(300), proof, origin, [successor.key, log.key]))).toBe("ok");
  });
});

describe("a checkpoint that a public witness saw", () => {
  // A Certificate Transparency log's, co-signed by a witness with Ed25519; the log's own line is of a type that we do not read.
  const seen =
    "coachandhorses2026h1.staging.certificate.transparency.goog\n185550722\nYXAM0VmnrfvLaBCOOYSJhCaE5F10oGBOo+hkbDa1kng=\n\n— coachandhorses2026h1.staging.certificate.transparency.goog MpXgsHy8ZwxXnO+WjtVrPxAzL49Rs1gWTkNVNeEa//5peAzaocRCB3qt3EaibjzY5GILLtGgBP7dBhgcSHy+JQh0OAc=\n— witness.navigli.sunlight.geomys.org o+AP4gAAAABqb7DzNrGFRJnQ9vrJ8xpnwZytnr/ZYczDIsvwvouiSjwOjn7a72ccxBk+lKnZ7dKqkYKER1s/KxLTaVwQD7lJZTC/CQ==\n";
  const navigli = parseVerifierKey("witness.navigli.sunlight.geomys.org+a3e00fe2+BNy/co4C1Hn1p+INwJrfUlgz7W55dSZReusH/GhUhJ/G");

  it("carries a co-signature that holds, but not the log's own", async () => {
    expect(navigli).toBeDefined();
    const keys = navigli === undefined ? [] : [navigli];
    const name = "coachandhorses2026h1.staging.certificate.transparency.goog";
    expect(reason(await checkCheckpoint(seen, name, keys))).toBe("unknown_signers");
    expect(reason(await checkCheckpoint(seen.replace("185550722", "185550723"), name, keys))).toBe("bad_signature");
  });
});

describe("a checkpoint's text", () => {
  it("is read back as it was written, and in no other spelling", () => {
    const text = textAt(700);
    expect(parseCheckpoint(text)).toEqual({ origin, size: 700, root: tree.root(700) });
    expect(parseCheckpoint(`${text}extension\n`)?.size).toBe(700);
    const [, , root = ""] = text.split("\n");
    for (const bad of [
      "",
      "a\n1\n",
      `\n1\n${root}\n`,
      `a\n01\n${root}\n`,
      `a\n-1\n${root}\n`,
      `a\n1e3\n${root}\n`,
      `a\n9007199254740993\n${root}\n`,
      `a\n1\n${root}`,
      `a\n1\n${root}\n\nx\n`,
      `a\n1\n${root.slice(4)}\n`,
      `a\n1\n${root} \n`,
    ]) {
      expect(parseCheckpoint(bad), JSON.stringify(bad)).toBeUndefined();
    }
  });
});

describe("a .tlog-proof file", () => {
  it("is what C2SP tlog-proof says", () => {
    expect(formatTlogProof({ index: 5, hashes: [new Uint8Array(32)], checkpoint: "note\n" })).toBe(
      `c2sp.org/tlog-proof@v1\nindex 5\n${"A".repeat(43)}=\n\nnote\n`,
    );
  });

  it("is read back as it was written", () => {
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Uint8Array.from(bytes));
    const extra = fc.option(
      fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Uint8Array.from(bytes)),
      { nil: undefined },
    );
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.array(hash, { maxLength: 50 }), extra, (index, hashes, extraBytes) => {
        const given = { index, hashes, checkpoint, ...(extraBytes === undefined ? {} : { extra: extraBytes }) };
        expect(parseTlogProof(formatTlogProof(given))).toEqual(given);
      }),
    );
  });

  it("is refused where it is malformed", () => {
    const good = formatTlogProof(proof);
    const bad = [
      good.replace("@v1", "@v2"),
      good.replace("index 300", "index 0300"),
      good.replace("index 300", "index -3"),
      good.replace("index 300\n", ""),
      good.replace("index", "extra !!\nindex"),
      good.replace("\n\n", "\n"),
      good.replace("index 300", "index 300\nAAAA"),
      "",
    ];
    for (const text of bad) expect(parseTlogProof(text), JSON.stringify(text.slice(0, 60))).toBeUndefined();
  });
});
