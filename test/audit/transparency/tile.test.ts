import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTilePath, tilePath, widthInTree } from "../../../src/audit/transparency/tile.ts";

describe("a tile's path", () => {
  it("is the one of C2SP tlog-tiles", () => {
    expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe("tile/0/x001/x234/067");
    expect(tilePath({ level: 1, index: 0, width: 5 })).toBe("tile/1/000.p/5");
  });

  it("is read back as it was written, and in no other spelling", () => {
    fc.assert(
      fc.property(fc.nat({ max: 63 }), fc.maxSafeNat(), fc.integer({ min: 1, max: 256 }), (level, index, width) => {
        expect(parseTilePath(tilePath({ level, index, width }))).toEqual({ level, index, width });
      }),
    );
    const others = [
      "tile/0/67",
      "tile/0/x000/067",
      "tile/64/000",
      "tile/00/000",
      "tile/0/000.p/0",
      "tile/0/000.p/256",
      "tile/0/000.p/05",
      "tile/0/x001/x234/067/",
      "/tile/0/000",
      "tile/entries/000",
      "tile/0/x999/x999/x999/x999/x999/999",
    ];
    for (const path of others) expect(parseTilePath(path), path).toBeUndefined();
  });

  it("exists as wide as the tree makes it: the specification's example of 70,000 leaves", () => {
    const widths = (level: number, size: number): number[] => {
      const found: number[] = [];
      for (let index = 0; widthInTree(level, index, size) > 0; index += 1) found.push(widthInTree(level, index, size));
      return found;
    };
    expect([widths(0, 70_000).length, widths(0, 70_000).at(-1)]).toEqual([274, 112]);
    expect(widths(1, 70_000)).toEqual([256, 17]);
    expect(widths(2, 70_000)).toEqual([1]);
    expect(widths(3, 70_000)).toEqual([]);
    expect([widths(0, 256), widths(1, 256)]).toEqual([[256], [1]]);
  });
});
