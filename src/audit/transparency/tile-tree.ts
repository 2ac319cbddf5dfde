import { splitPoint } from "./merkle.ts";
import { DamagedTile, hashAt, tileWidth } from "./tile.ts";
import { emptyRoot, hashBytes, hashNode, type Hash } from "./tree-hash.ts";

/** A stored tile, partial or full; undefined where there is none. A tile may grow, and never changes otherwise. */
export type ReadTile = (level: number, index: number) => Uint8Array | undefined;

export type TileTree = {
  /** The root of the tree's first `size` leaves. */
  readonly root: (size: number) => Hash;
  /** RFC 6962, 2.1.1: the sibling hashes from the leaf at `index` upwards. Needs index < size. */
  readonly inclusionProof: (index: number, size: number) => Hash[];
  /** RFC 6962, 2.1.2: what shows that the tree of `to` leaves begins with that of `from`. Needs 1 ≤ from ≤ to. */
  readonly consistencyProof: (from: number, to: number) => Hash[];
};

/** Expanded tiles kept in memory, 17 KB each. */
const keptTiles = 512;

/**
 * Proofs out of stored tiles: O(log size) hashes are read, and no more than the tiles on the way are ever hashed again. Sizes may be
 * any up to what the tiles hold. Throws DamagedTile where a tile is missing.
 */
export function openTileTree(read: ReadTile): TileTree {
  const node = openNodes(read);

  const subtree = (start: number, size: number): Hash => {
    const height = Math.log2(size);
    if (Number.isInteger(height)) return node(height, start / size);
    const left = splitPoint(size);
    return hashNode(subtree(start, left), subtree(start + left, size - left));
  };

  const inclusion = (index: number, start: number, size: number): Hash[] => {
    if (size === 1) return [];
    const left = splitPoint(size);
    return index < start + left
      ? [...inclusion(index, start, left), subtree(start + left, size - left)]
      : [...inclusion(index, start + left, size - left), subtree(start, left)];
  };

  // `whole`: the subtree is one that the verifier of `from` knows already.
  const consistency = (from: number, start: number, size: number, whole: boolean): Hash[] => {
    if (from === size) return whole ? [] : [subtree(start, size)];
    const left = splitPoint(size);
    return from <= left
      ? [...consistency(from, start, left, whole), subtree(start + left, size - left)]
      : [...consistency(from - left, start + left, size - left, false), subtree(start, left)];
  };

  return {
    root: (size) => (size === 0 ? emptyRoot : subtree(0, size)),
    inclusionProof: (index, size) => inclusion(index, 0, size),
    consistencyProof: (from, to) => consistency(from, 0, to, true),
  };
}

/** Leaf hashes from index `from` up to `to`, one behind the other: each tile is read once. Throws DamagedTile where one is too short. */
export function readLeaves(read: ReadTile, from: number, to: number): Hash {
  const hashes = new Uint8Array((to - from) * hashBytes);
  for (let at = from; at < to;) {
    const [index, place] = [Math.floor(at / tileWidth), at % tileWidth];
    const end = Math.min(to, (index + 1) * tileWidth);
    const part = (read(0, index) ?? new Uint8Array(0)).subarray(place * hashBytes, (place + end - at) * hashBytes);
    if (part.length < (end - at) * hashBytes) throw new DamagedTile("a tile is shorter than its tree");
    hashes.set(part, (at - from) * hashBytes);
    at = end;
  }
  return hashes;
}

/** A tile with the nodes above its hashes, filled as they are needed: of height k the n-th stands at 512 − 2^(9 − k) + n. */
type Expanded = { readonly hashes: Uint8Array<ArrayBuffer>; readonly known: Uint8Array };

/** Perfect subtrees: `height` levels above the leaves, the `index`-th of that height. The last used tiles stay expanded. */
function openNodes(read: ReadTile): (height: number, index: number) => Hash {
  const kept = new Map<string, Expanded>();

  const expanded = (level: number, index: number): Expanded => {
    const key = `${level}/${index}`;
    const tile = kept.get(key) ?? { hashes: new Uint8Array(511 * hashBytes), known: new Uint8Array(511) };
    kept.delete(key);
    kept.set(key, tile);
    const [oldest] = kept.keys();
    if (kept.size > keptTiles && oldest !== undefined) kept.delete(oldest);
    return tile;
  };

  const fill = ({ hashes, known }: Expanded, level: number, index: number): void => {
    const stored = read(level, index) ?? new Uint8Array(0);
    hashes.set(stored);
    known.fill(1, 0, stored.length / hashBytes);
  };

  const inTile = (tile: Expanded, height: number, place: number): Hash => {
    const at = 512 - 2 ** (9 - height) + place;
    if (tile.known[at] === 1) return hashAt(tile.hashes, at);
    if (height === 0) throw new DamagedTile("a tile is shorter than its tree");
    const hash = hashNode(inTile(tile, height - 1, place * 2), inTile(tile, height - 1, place * 2 + 1));
    tile.hashes.set(hash, at * hashBytes);
    tile.known[at] = 1;
    return hash;
  };

  return (height, index) => {
    const level = Math.floor(height / 8);
    const within = height % 8;
    const perTile = tileWidth / 2 ** within;
    const [tileIndex, place] = [Math.floor(index / perTile), index % perTile];
    const tile = expanded(level, tileIndex);
    if (tile.known[(place + 1) * 2 ** within - 1] !== 1) fill(tile, level, tileIndex);
    return inTile(tile, within, place);
  };
}
