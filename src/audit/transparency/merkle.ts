import { emptyRoot, equalBytes, hashBytes, hashNode, type Hash } from "./tree-hash.ts";

const isSize = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
const isOdd = (value: number): boolean => value % 2 === 1;
const half = (value: number): number => Math.floor(value / 2);

/** The largest power of two below `size`, which must be at least 2: where RFC 6962 splits a tree. */
export function splitPoint(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

/** The root over all leaves, in one pass and with one hash a level in memory (RFC 6962, 2.1). */
export function rootOfLeaves(leaves: Iterable<Hash>): Hash {
  // Perfect subtrees, largest first, as the binary digits of the count.
  const peaks: { readonly size: number; readonly hash: Hash }[] = [];
  for (const leaf of leaves) {
    let peak = { size: 1, hash: leaf };
    for (let last = peaks.at(-1); last?.size === peak.size; last = peaks.at(-1)) {
      peaks.pop();
      peak = { size: peak.size * 2, hash: hashNode(last.hash, peak.hash) };
    }
    peaks.push(peak);
  }
  return (
    peaks
      .map(({ hash }) => hash)
      .reduceRight<Hash | undefined>((right, left) => (right === undefined ? left : hashNode(left, right)), undefined) ?? emptyRoot
  );
}

/**
 * Whether `proof` (sibling hashes from the leaf upwards) shows that `leaf` stands at `index`, counted from 0, in the tree of
 * `size` leaves with this root (RFC 9162, 2.1.3.2). False for anything out of range or of another length.
 */
export function verifyInclusion(leaf: Uint8Array, index: number, size: number, proof: readonly Uint8Array[], root: Uint8Array): boolean {
  if (!isSize(index) || !isSize(size) || index >= size || ![leaf, root, ...proof].every(({ length }) => length === hashBytes)) return false;
  let [fn, sn] = [index, size - 1];
  let hash = leaf;
  for (const sibling of proof) {
    if (sn === 0) return false;
    if (isOdd(fn) || fn === sn) {
      hash = hashNode(sibling, hash);
      while (!isOdd(fn) && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else hash = hashNode(hash, sibling);
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && equalBytes(hash, root);
}

/** A tree as a checkpoint states it. */
export type TreeHead = { readonly size: number; readonly root: Uint8Array };

/**
 * Whether `proof` shows that the tree `to` begins with all the leaves of the tree `from`, unchanged and in order
 * (RFC 9162, 2.1.4.2). `from` has at least one leaf; false for anything out of range or of another length.
 */
export function verifyConsistency(from: TreeHead, to: TreeHead, proof: readonly Uint8Array[]): boolean {
  if (!isSize(from.size) || !isSize(to.size) || from.size < 1 || from.size > to.size) return false;
  if (![from.root, to.root, ...proof].every(({ length }) => length === hashBytes)) return false;
  if (from.size === to.size) return proof.length === 0 && equalBytes(from.root, to.root);
  let [fn, sn] = [from.size - 1, to.size - 1];
  while (isOdd(fn)) [fn, sn] = [half(fn), half(sn)];
  // Where the first tree is perfect, its root is the first node of the path and is left out of the proof.
  const [seed, ...path] = fn === 0 ? [from.root, ...proof] : proof;
  if (seed === undefined) return false;
  let [first, second] = [seed, seed];
  for (const node of path) {
    if (sn === 0) return false;
    if (isOdd(fn) || fn === sn) {
      first = hashNode(node, first);
      second = hashNode(node, second);
      while (!isOdd(fn) && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else second = hashNode(second, node);
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && equalBytes(first, from.root) && equalBytes(second, to.root);
}
