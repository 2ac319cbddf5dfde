import { sha256 } from "@noble/hashes/sha2.js";

/** 32 bytes of SHA-256. */
export type Hash = Uint8Array<ArrayBuffer>;

export const hashBytes = 32;

/** The root of the tree without leaves: SHA-256 of nothing (RFC 6962, 2.1). */
export const emptyRoot: Hash = sha256(new Uint8Array(0));

/** SHA-256(0x00 ‖ entry) (RFC 6962, 2.1). Synchronous, so that no other work comes between reading a tree and growing it. */
export function hashLeaf(entry: Uint8Array): Hash {
  const prefixed = new Uint8Array(1 + entry.length);
  prefixed.set(entry, 1);
  return sha256(prefixed);
}

/** SHA-256(0x01 ‖ left ‖ right) (RFC 6962, 2.1). */
export function hashNode(left: Uint8Array, right: Uint8Array): Hash {
  const pair = new Uint8Array(1 + 2 * hashBytes);
  pair[0] = 1;
  pair.set(left, 1);
  pair.set(right, 1 + hashBytes);
  return sha256(pair);
}

/** Equal length and equal bytes. Not for secrets: it stops at the first difference. */
export const equalBytes = (left: Uint8Array, right: Uint8Array): boolean =>
  left.length === right.length && left.every((byte, at) => byte === right[at]);
