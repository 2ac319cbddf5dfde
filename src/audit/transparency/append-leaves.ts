import { rootOfLeaves } from "./merkle.ts";
import { DamagedTile, hashAt, tileWidth } from "./tile.ts";
import type { ReadTile } from "./tile-tree.ts";
import { hashBytes, type Hash } from "./tree-hash.ts";

/** A tile as it stands after an append: all its hashes, the old ones first. */
export type GrownTile = { readonly level: number; readonly index: number; readonly hashes: Uint8Array<ArrayBuffer> };

/**
 * The tiles that `leaves` change when they follow the first `size` leaves: about one for each 256 leaves, and one a level above. Only
 * the partial tiles at the right edge are read. Throws DamagedTile where one of them is missing or too short.
 */
export function appendLeaves(read: ReadTile, size: number, leaves: readonly Hash[]): GrownTile[] {
  const grown: GrownTile[] = [];
  let hashes = leaves;
  for (let level = 0; hashes.length > 0; level += 1) {
    const tiles = growLevel(read, level, Math.floor(size / tileWidth ** level), hashes);
    grown.push(...tiles);
    hashes = tiles.filter((tile) => tile.hashes.length === tileWidth * hashBytes).map(rootOfTile);
  }
  return grown;
}

function growLevel(read: ReadTile, level: number, count: number, hashes: readonly Hash[]): GrownTile[] {
  const tiles: GrownTile[] = [];
  for (let at = 0; at < hashes.length;) {
    const index = Math.floor((count + at) / tileWidth);
    const offset = (count + at) % tileWidth;
    const added = hashes.slice(at, at + tileWidth - offset);
    const tile = new Uint8Array((offset + added.length) * hashBytes);
    if (offset > 0) tile.set(leftPart(read(level, index), offset));
    for (const [place, hash] of added.entries()) tile.set(hash, (offset + place) * hashBytes);
    tiles.push({ level, index, hashes: tile });
    at += added.length;
  }
  return tiles;
}

function leftPart(tile: Uint8Array | undefined, width: number): Uint8Array {
  if (tile === undefined || tile.length < width * hashBytes) throw new DamagedTile("a tile is shorter than its tree");
  return tile.subarray(0, width * hashBytes);
}

const rootOfTile = ({ hashes }: GrownTile): Hash => rootOfLeaves(Array.from({ length: tileWidth }, (_, place) => hashAt(hashes, place)));
