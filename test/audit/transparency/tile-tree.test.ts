import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rootOfLeaves, verifyConsistency, verifyInclusion } from "../../../src/audit/transparency/merkle.ts";
import { DamagedTile } from "../../../src/audit/transparency/tile.ts";
import { openTileTree, readLeaves } from "../../../src/audit/transparency/tile-tree.ts";
import { concatBytes } from "../../../src/crypto/encoding.ts";
import { leafOf, leavesTo, memoryTiles } from "./support.ts";

const sizes = fc.oneof(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 1, max: 66_000 }));
const leaves = leavesTo(66_001);
const whole = memoryTiles();
whole.grow(0, leaves.slice(0, 66_000));
const tree = openTileTree(whole.read);
const leafAt = (index: number) => leaves[index] ?? new Uint8Array(32);

describe("a tree out of tiles", () => {
  it("has the root of its leaves at every size", () => {
    for (const size of [0, 1, 2, 255, 256, 257, 511, 512, 513, 65_536, 66_000]) {
      expect(tree.root(size), String(size)).toEqual(rootOfLeaves(leaves.slice(0, size)));
    }
  });

  it("proves that each leaf is in each later tree", () => {
    fc.assert(
      fc.property(sizes, fc.nat(), (size, any) => {
        const index = any % size;
        const proof = tree.inclusionProof(index, size);
        expect(verifyInclusion(leafAt(index), index, size, proof, tree.root(size))).toBe(true);
        expect(verifyInclusion(leafAt(index + 1), index, size, proof, tree.root(size))).toBe(false);
        expect(proof.length).toBeLessThanOrEqual(Math.ceil(Math.log2(size)));
      }),
    );
  });

  it("proves that each tree begins each later one, and that no other tree does", () => {
    fc.assert(
      fc.property(sizes, sizes, (one, other) => {
        const [from, to] = [Math.min(one, other), Math.max(one, other)];
        const proof = tree.consistencyProof(from, to);
        const [first, second] = [tree.root(from), tree.root(to)];
        expect(verifyConsistency({ size: from, root: first }, { size: to, root: second }, proof)).toBe(true);
        const forged = first.with(0, (first[0] ?? 0) ^ 1);
        expect(verifyConsistency({ size: from, root: Uint8Array.from(forged) }, { size: to, root: second }, proof)).toBe(false);
      }),
    );
  });

  it("grows to the same tiles whatever the steps, and touches only those at its right edge", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 8 }), (steps) => {
        const grown = memoryTiles();
        let size = 0;
        for (const step of steps) {
          const leaves = Array.from({ length: step }, (_, at) => leafAt(size + at));
          const touched = grown.grow(size, leaves);
          expect(touched).toBeLessThanOrEqual(Math.ceil(step / 256) + 3);
          size += step;
        }
        const atOnce = memoryTiles();
        atOnce.grow(0, leaves.slice(0, size));
        expect(grown.tiles).toEqual(atOnce.tiles);
      }),
      { numRuns: 20 },
    );
  });

  it("keeps answering for old sizes while its tiles grow", () => {
    const growing = memoryTiles();
    const open = openTileTree(growing.read);
    for (let size = 0; size < 1200; size += 100) {
      growing.grow(size, leaves.slice(size, size + 100));
      for (const earlier of [1, size + 1, size + 100]) expect(open.root(earlier)).toEqual(rootOfLeaves(leaves.slice(0, earlier)));
    }
  });

  it("reads any stretch of its leaves, whatever tiles they stand in", () => {
    const stored = memoryTiles();
    stored.grow(0, leavesTo(600));
    fc.assert(
      fc.property(fc.nat(600), fc.nat(600), (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        expect(readLeaves(stored.read, from, to)).toEqual(concatBytes(...leaves.slice(from, to)));
      }),
    );
    expect(() => readLeaves(stored.read, 500, 601)).toThrow(DamagedTile);
  });

  it("refuses to answer from a tile that is missing or too short", () => {
    const torn = memoryTiles();
    torn.grow(0, leavesTo(300));
    torn.tiles.set("0/1", leafOf(0));
    expect(() => openTileTree(torn.read).root(300)).toThrow(DamagedTile);
    expect(() => torn.grow(300, [leafOf(300)])).toThrow(DamagedTile);
    torn.tiles.delete("0/1");
    expect(() => openTileTree(torn.read).inclusionProof(290, 300)).toThrow(DamagedTile);
  });
});
