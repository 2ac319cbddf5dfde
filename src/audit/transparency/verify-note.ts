import { importPoint, verifyEd25519 } from "../../crypto/ed25519.ts";
import { utf8 } from "../../crypto/encoding.ts";
import { readCosignature } from "./cosignature.ts";
import type { NoteSignature, SignedNote, VerifierKey } from "./signed-note.ts";

/** A signature that holds. Co-signatures say when the witness saw the tree, in seconds since 1970. */
export type Verified = { readonly key: VerifierKey; readonly witnessedAt: number | null };

export type NoteVerdict =
  | { readonly ok: true; readonly verified: readonly Verified[] }
  /** `bad_signature`: a line of a known key does not hold, which spoils the note. `unknown_signers`: no line is of a known key. */
  | { readonly ok: false; readonly reason: "bad_signature" | "unknown_signers"; readonly keyName: string | null };

/** Whether one line holds under a key of the same name and id. */
export async function verifySignature(text: string, { bytes }: NoteSignature, key: VerifierKey): Promise<Verified | undefined> {
  const { message, signature, witnessedAt } =
    key.type === 4
      ? (readCosignature(text, bytes) ?? { message: "", signature: undefined, witnessedAt: null })
      : { message: text, signature: bytes, witnessedAt: null };
  if (signature?.length !== 64) return undefined;
  const publicKey = await importPoint(key.publicKey);
  if (publicKey === undefined || !(await verifyEd25519(publicKey, utf8(message), signature))) return undefined;
  return { key, witnessedAt };
}

/** Judges a note by the keys that the verifier knows; lines of other keys count for nothing (C2SP signed-note). */
export async function verifyNote({ text, signatures }: SignedNote, keys: readonly VerifierKey[]): Promise<NoteVerdict> {
  const verified: Verified[] = [];
  for (const signature of signatures) {
    const key = keys.find(({ name, keyId }) => name === signature.keyName && keyId === signature.keyId);
    if (key === undefined) continue;
    const holds = await verifySignature(text, signature, key);
    if (holds === undefined) return { ok: false, reason: "bad_signature", keyName: key.name };
    verified.push(holds);
  }
  return verified.length > 0 ? { ok: true, verified } : { ok: false, reason: "unknown_signers", keyName: null };
}
