import { hashBytes } from "./tree-hash.ts";

/** Stored tiles do not hold what their tree needs: there is nothing to answer from. */
export class DamagedTile extends Error {}

/** Hashes in a full tile: C2SP tlog-tiles has tiles of height 8. */
export const tileWidth = 256;

/** `width` hashes from the left of the tile `index` of a level; level 0 holds leaf hashes, each other the roots of full tiles below. */
export type TileAddress = { readonly level: number; readonly index: number; readonly width: number };

/** The path below the log's prefix (C2SP tlog-tiles): `tile/0/x001/x234/067`, and `.p/5` behind a partial one. */
export function tilePath({ level, index, width }: TileAddress): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/\d{3}/g) ?? [];
  const elements = groups.map((group, at) => (at === groups.length - 1 ? group : `x${group}`));
  return `tile/${level}/${elements.join("/")}${width === tileWidth ? "" : `.p/${width}`}`;
}

/** Reads what `tilePath` writes, and nothing else; undefined for every other text. */
export function parseTilePath(path: string): TileAddress | undefined {
  const [, level, index, width] = /^tile\/(\d{1,2})\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path) ?? [];
  if (level === undefined || index === undefined) return undefined;
  const address = {
    level: Number(level),
    index: Number(index.replaceAll(/[x/]/g, "")),
    width: width === undefined ? tileWidth : Number(width),
  };
  const isRead = address.width >= 1 && address.level <= 63 && Number.isSafeInteger(address.index) && tilePath(address) === path;
  return isRead ? address : undefined;
}

/** How many hashes the tile has in a tree of `size` leaves: 0 (there is no such tile) to 256. */
export function widthInTree(level: number, index: number, size: number): number {
  const hashes = Math.floor(size / tileWidth ** level) - index * tileWidth;
  return Math.min(tileWidth, Math.max(0, hashes));
}

/** The hash at a place of a tile. Throws DamagedTile where the tile is too short. */
export function hashAt(tile: Uint8Array, place: number): Uint8Array<ArrayBuffer> {
  const end = (place + 1) * hashBytes;
  if (tile.length < end) throw new DamagedTile("a tile is shorter than its tree");
  return tile.slice(end - hashBytes, end);
}
