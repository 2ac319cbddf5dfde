import { toHex, utf8 } from "../../../src/crypto/encoding.ts";
import { appendLeaves } from "../../../src/audit/transparency/append-leaves.ts";
import type { ReadTile } from "../../../src/audit/transparency/tile-tree.ts";
import { hashLeaf, type Hash } from "../../../src/audit/transparency/tree-hash.ts";
import {
  formatNote,
  verifierKey,
  type SignatureType,
  type SignedNote,
  type VerifierKey,
} from "../../../src/audit/transparency/signed-note.ts";
import { cosignatureBytes, cosignedMessage } from "../../../src/audit/transparency/cosignature.ts";

export const hex = toHex;
export const fromHex = (text: string): Hash => Uint8Array.from(text.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));

export const leafOf = (at: number): Hash => hashLeaf(utf8(`leaf ${at}`));
export const leavesTo = (size: number): Hash[] => Array.from({ length: size }, (_, at) => leafOf(at));

/** Tiles in memory, as the log's object has them in its storage. */
export function memoryTiles(): { read: ReadTile; grow: (size: number, leaves: readonly Hash[]) => number; tiles: Map<string, Hash> } {
  const tiles = new Map<string, Hash>();
  const read: ReadTile = (level, index) => tiles.get(`${level}/${index}`);
  return {
    read,
    tiles,
    grow: (size, leaves) => {
      const grown = appendLeaves(read, size, leaves);
      for (const { level, index, hashes } of grown) tiles.set(`${level}/${index}`, hashes);
      return grown.length;
    },
  };
}

export type TestKey = {
  readonly key: VerifierKey;
  readonly sign: (text: string, seconds?: number) => Promise<SignedNote["signatures"][number]>;
};

/** A log's key (type 1) or a witness's (type 4). */
export async function newKey(name: string, type: SignatureType): Promise<TestKey> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new Error("not a pair of keys");
  const raw = await crypto.subtle.exportKey("raw", pair.publicKey);
  if (!(raw instanceof ArrayBuffer)) throw new Error("not a raw key");
  const key = verifierKey(name, type, new Uint8Array(raw));
  const sign = async (text: string, seconds = 1_700_000_000) => {
    const message = utf8(type === 4 ? cosignedMessage(text, seconds) : text);
    const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, message));
    return { keyName: name, keyId: key.keyId, bytes: type === 4 ? cosignatureBytes(seconds, signature) : signature };
  };
  return { key, sign };
}

export const signedBy = async (text: string, ...keys: readonly TestKey[]): Promise<string> =>
  formatNote({ text, signatures: await Promise.all(keys.map(({ sign }) => sign(text))) });
