import { parseCheckpoint, type Checkpoint } from "../../../src/audit/transparency/checkpoint.ts";
import { verifyInclusion } from "../../../src/audit/transparency/merkle.ts";
import { parseNote, type VerifierKey } from "../../../src/audit/transparency/signed-note.ts";
import type { TlogProof } from "../../../src/audit/transparency/tlog-proof.ts";
import type { Hash } from "../../../src/audit/transparency/tree-hash.ts";
import { verifyNote, type Verified } from "../../../src/audit/transparency/verify-note.ts";

export type CheckpointVerdict =
  | { readonly ok: true; readonly checkpoint: Checkpoint; readonly verified: readonly Verified[] }
  | { readonly ok: false; readonly reason: "malformed_checkpoint" | "other_log" | "bad_signature" | "unknown_signers" };

/** Judges a signed checkpoint: its form, whose log it is of, and who signed it. The log's own signature is needed, whoever else signed. */
export async function checkCheckpoint(signed: string, origin: string, keys: readonly VerifierKey[]): Promise<CheckpointVerdict> {
  const note = parseNote(signed);
  const checkpoint = note === undefined ? undefined : parseCheckpoint(note.text);
  if (note === undefined || checkpoint === undefined) return { ok: false, reason: "malformed_checkpoint" };
  if (checkpoint.origin !== origin) return { ok: false, reason: "other_log" };
  const verdict = await verifyNote(note, keys);
  if (!verdict.ok) return { ok: false, reason: verdict.reason };
  if (!verdict.verified.some(({ key }) => key.type === 1 && key.name === origin)) return { ok: false, reason: "unknown_signers" };
  return { ok: true, checkpoint, verified: verdict.verified };
}

export type InclusionVerdict = CheckpointVerdict | { readonly ok: false; readonly reason: "not_included" };

/** Judges a proof that `leaf` stands in the log `origin`, as signed by one of `keys`. */
export async function checkInclusion(
  leaf: Hash,
  { index, hashes, checkpoint: signed }: Pick<TlogProof, "index" | "hashes" | "checkpoint">,
  origin: string,
  keys: readonly VerifierKey[],
): Promise<InclusionVerdict> {
  const verdict = await checkCheckpoint(signed, origin, keys);
  if (!verdict.ok) return verdict;
  const { size, root } = verdict.checkpoint;
  return verifyInclusion(leaf, index, size, hashes, root) ? verdict : { ok: false, reason: "not_included" };
}
