import { describe, expect, it } from "vitest";
import { signCheckpoint } from "../../src/audit/sign-checkpoint.ts";
import { openTileTree } from "../../src/audit/transparency/tile-tree.ts";
import { newSigner } from "../crypto/statement/signing.ts";
import { leavesTo, memoryTiles } from "./transparency/support.ts";

const tiles = memoryTiles();
tiles.grow(0, leavesTo(300));
const tree = openTileTree(tiles.read);
const now = new Date("2026-11-22T00:00:00.000Z");
const origin = "api.example/log/org_1";

describe("signing a checkpoint", () => {
  it("goes on from what was signed last, and never over a tree that does not begin with it", async () => {
    const signer = await newSigner();
    const after = (last: { size: number; root: Uint8Array }) => signCheckpoint(signer, origin, { tree, size: 300, last, now });
    expect(await after({ size: 200, root: tree.root(200) })).toMatchObject({ size: 300, root: tree.root(300), kid: signer.kid });
    expect(await after({ size: 200, root: tree.root(199) })).toBeUndefined();
    expect(await after({ size: 300, root: tree.root(299) })).toBeUndefined();
  });

  it("hands out no signature that does not hold under the key's own public half", async () => {
    const [signer, other] = await Promise.all([newSigner(), newSigner()]);
    const faulty = { ...signer, sign: (bytes: Uint8Array<ArrayBuffer>) => other.sign(bytes) };
    await expect(signCheckpoint(faulty, origin, { tree, size: 300, last: undefined, now })).rejects.toThrow("does not hold");
  });
});
