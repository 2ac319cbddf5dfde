import { utf8 } from "../crypto/encoding.ts";
import type { Signer } from "../crypto/signer.ts";
import type { SignedCheckpoint } from "./log-store.ts";
import { formatCheckpoint } from "./transparency/checkpoint.ts";
import { verifyConsistency, type TreeHead } from "./transparency/merkle.ts";
import { formatNote, verifierKey } from "./transparency/signed-note.ts";
import type { TileTree } from "./transparency/tile-tree.ts";
import { verifySignature } from "./transparency/verify-note.ts";

/**
 * Signs the tree's first `size` leaves as a checkpoint of the log `origin`; undefined where they do not begin with what was signed last,
 * which a log must never sign over.
 */
export async function signCheckpoint(
  signer: Signer,
  origin: string,
  { tree, size, last, now }: { readonly tree: TileTree; readonly size: number; readonly last: TreeHead | undefined; readonly now: Date },
): Promise<SignedCheckpoint | undefined> {
  const root = tree.root(size);
  if (last !== undefined && !verifyConsistency(last, { size, root }, tree.consistencyProof(last.size, size))) return undefined;
  const text = formatCheckpoint({ origin, size, root });
  const key = verifierKey(origin, 1, signer.publicKey);
  const signature = { keyName: origin, keyId: key.keyId, bytes: await signer.sign(utf8(text)) };
  if ((await verifySignature(text, signature, key)) === undefined) throw new Error("the checkpoint key's own signature does not hold");
  return { size, root, kid: signer.kid, note: formatNote({ text, signatures: [signature] }), signedAt: now.getTime() };
}
