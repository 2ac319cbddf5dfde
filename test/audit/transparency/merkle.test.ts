import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rootOfLeaves, splitPoint, verifyConsistency, verifyInclusion } from "../../../src/audit/transparency/merkle.ts";
import { hashLeaf, hashNode, type Hash } from "../../../src/audit/transparency/tree-hash.ts";
import { fromHex, hex } from "./support.ts";

// The vectors that Certificate Transparency's implementations share: eight entries, the root at each size, and proofs.
const entries = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"].map(fromHex);
const roots = [
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
].map(fromHex);
const [a, b, c, d] = [
  "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
  "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
  "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
  "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
];
const [e, f, g] = [
  "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
  "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
  "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
];
const d37e = hex(roots[3] ?? new Uint8Array());
const inclusions: [index: number, size: number, proof: (string | undefined)[]][] = [
  [0, 1, []],
  [0, 8, [a, b, c]],
  [5, 8, [d, e, d37e]],
  [2, 3, [hex(roots[1] ?? new Uint8Array())]],
  [1, 5, [hex(roots[0] ?? new Uint8Array()), b, d]],
];
const consistencies: [from: number, to: number, proof: (string | undefined)[]][] = [
  [1, 1, []],
  [1, 8, [a, b, c]],
  [6, 8, [f, e, d37e]],
  [2, 5, [b, d]],
  [6, 7, [f, g, d37e]],
];
const hashes = (proof: readonly (string | undefined)[]): Hash[] => proof.map((text) => fromHex(text ?? ""));
const root = (size: number): Hash => roots[size - 1] ?? new Uint8Array();
const flip = (bytes: Uint8Array, bit: number): Hash =>
  Uint8Array.from(bytes, (byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));

describe("the published vectors of RFC 6962", () => {
  it("give the root of no leaves, and of the first one to eight", () => {
    expect(hex(rootOfLeaves([]))).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (const [at, expected] of roots.entries()) expect(rootOfLeaves(entries.slice(0, at + 1).map(hashLeaf))).toEqual(expected);
  });

  it.each(inclusions)("include leaf %i in the tree of %i", (index, size, proof) => {
    const leaf = hashLeaf(entries[index] ?? new Uint8Array());
    const verify = (over: Partial<{ leaf: Hash; index: number; size: number; proof: Hash[]; root: Hash }>): boolean => {
      const given = { leaf, index, size, proof: hashes(proof), root: root(size), ...over };
      return verifyInclusion(given.leaf, given.index, given.size, given.proof, given.root);
    };
    expect(verify({})).toBe(true);
    const good = hashes(proof);
    const wrong = [
      { index: index - 1 },
      { index: index + 1 },
      { index: index ^ 2 },
      { size: size * 2 },
      { size: Math.floor(size / 2) },
      { size: Number.NaN },
      { index: 0.5 },
      { leaf: new Uint8Array(31) },
      { root: new Uint8Array(0) },
      { root: flip(root(size), 77) },
      { leaf: flip(leaf, 3) },
      { proof: [...good, new Uint8Array()] },
      { proof: [...good, root(size)] },
      { proof: [root(size), ...good] },
      ...good.map((_, at) => ({ proof: good.map((hash, other) => (other === at ? flip(hash, 4) : hash)) })),
      ...(good.length > 0 ? [{ proof: good.slice(0, -1) }, { proof: good.slice(1) }] : []),
    ];
    // A size that has the same path to this leaf proves the same: sizes are vouched for by the checkpoint, not by the path.
    for (const over of wrong) expect(verify(over), JSON.stringify(over)).toBe(false);
  });

  it.each(consistencies)("show that the tree of %i begins that of %i", (from, to, proof) => {
    const good = hashes(proof);
    const verify = (over: Partial<{ from: number; to: number; first: Hash; second: Hash; proof: Hash[] }>): boolean => {
      const given = { from, to, first: root(from), second: root(to), proof: good, ...over };
      return verifyConsistency({ size: given.from, root: given.first }, { size: given.to, root: given.second }, given.proof);
    };
    expect(verify({})).toBe(true);
    expect(verify({ first: flip(root(from), 9) })).toBe(false);
    expect(verify({ second: flip(root(to), 250) })).toBe(false);
    expect(verify({ proof: [...good, root(from)] })).toBe(false);
    expect(verify({ from: 0 })).toBe(false);
    expect(verify({ from: to + 1 })).toBe(false);
    if (good.length === 0) return;
    expect(verify({ first: root(to), second: root(from) })).toBe(false);
    expect(verify({ proof: [] })).toBe(false);
    expect(verify({ proof: good.slice(0, -1) })).toBe(false);
    expect(verify({ proof: [root(from), ...good] })).toBe(false);
    for (const over of [{ from: from + 1 }, { from: from ^ 2 }, { to: to * 2 }, { to: Math.floor(to / 2) }])
      expect(verify(over), JSON.stringify(over)).toBe(false);
    for (const at of good.keys()) expect(verify({ proof: good.map((hash, other) => (other === at ? flip(hash, 12) : hash)) })).toBe(false);
  });
});

describe("the root in one pass", () => {
  const byDefinition = (leaves: Hash[]): Hash => {
    const [only] = leaves;
    if (only !== undefined && leaves.length === 1) return only;
    const left = splitPoint(leaves.length);
    return hashNode(byDefinition(leaves.slice(0, left)), byDefinition(leaves.slice(left)));
  };

  it("is the root by RFC 6962's recursive definition", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { minLength: 1, maxLength: 70 }), (raw) => {
        const leaves = raw.map((bytes) => Uint8Array.from(bytes));
        expect(rootOfLeaves(leaves)).toEqual(byDefinition(leaves));
      }),
    );
  });
});
