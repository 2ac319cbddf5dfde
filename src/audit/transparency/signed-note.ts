import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, readBase64, toBase64, toHex, utf8 } from "../../crypto/encoding.ts";

/** One signature line. `keyId` is 8 hex digits; `bytes` is what follows the key id, by the rules of the key's type. */
export type NoteSignature = { readonly keyName: string; readonly keyId: string; readonly bytes: Uint8Array<ArrayBuffer> };

/** C2SP signed-note: a text that ends in a newline, and who signed it. */
export type SignedNote = { readonly text: string; readonly signatures: readonly NoteSignature[] };

/** 1: Ed25519 over the text. 4: a witness's timestamped Ed25519 co-signature (C2SP tlog-cosignature). */
export type SignatureType = 1 | 4;

export type VerifierKey = {
  readonly name: string;
  readonly keyId: string;
  readonly type: SignatureType;
  /** 32 bytes, Ed25519. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
};

/** Verifiers must accept 16 signatures; we accept 100, and 1 MiB. */
const maxSignatures = 100;
const maxLength = 1 << 20;

/** Neither empty nor with a Unicode space or a plus in it. */
const isKeyName = (name: string): boolean => /^[^\s\u0085+]+$/u.test(name);

/** ASCII control characters other than newline, which no note may hold. */
const hasControls = (note: string): boolean => Array.from(note).some((char) => char < " " && char !== "\n");

/** A key as verifiers are told it. Throws a TypeError where the name or the key is none. */
export function verifierKey(name: string, type: SignatureType, publicKey: Uint8Array<ArrayBuffer>): VerifierKey {
  if (!isKeyName(name) || publicKey.length !== 32) throw new TypeError("not a note's key");
  const digest = sha256(concatBytes(utf8(`${name}\n`), Uint8Array.of(type), publicKey));
  return { name, keyId: toHex(digest.subarray(0, 4)), type, publicKey };
}

/** `<name>+<key id>+<base64 of type and key>`, the vkey of C2SP signed-note. */
export const formatVerifierKey = ({ name, keyId, type, publicKey }: VerifierKey): string =>
  `${name}+${keyId}+${toBase64(concatBytes(Uint8Array.of(type), publicKey))}`;

/** Reads a vkey of type 1 or 4 whose key id fits; undefined for every other text. */
export function parseVerifierKey(text: string): VerifierKey | undefined {
  const [, name, keyId, encoded] = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text) ?? [];
  const material = encoded === undefined ? undefined : readBase64(encoded);
  const type = material?.[0];
  if (name === undefined || !isKeyName(name) || material?.length !== 33 || (type !== 1 && type !== 4)) return undefined;
  const key = verifierKey(name, type, material.slice(1));
  return key.keyId === keyId ? key : undefined;
}

/** A signature line with its newline. */
export const formatSignature = ({ keyName, keyId, bytes }: NoteSignature): string =>
  `\u2014 ${keyName} ${toBase64(
    concatBytes(
      Uint8Array.from(keyId.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16)),
      bytes,
    ),
  )}\n`;

/** The whole note. The text must end in a newline. */
export const formatNote = ({ text, signatures }: SignedNote): string => `${text}\n${signatures.map(formatSignature).join("")}`;

/** Reads one signature line with its newline; undefined where it is none. */
export function parseSignature(line: string): NoteSignature | undefined {
  const [, keyName, encoded] = /^\u2014 ([^ \n]+) ([A-Za-z0-9+/=]+)\n$/.exec(line) ?? [];
  const bytes = encoded === undefined ? undefined : readBase64(encoded);
  if (keyName === undefined || !isKeyName(keyName) || bytes === undefined || bytes.length <= 4) return undefined;
  return { keyName, keyId: toHex(bytes.subarray(0, 4)), bytes: bytes.slice(4) };
}

/** Reads a note without trusting it; undefined where it is malformed. The text ends at the last empty line. */
export function parseNote(note: string): SignedNote | undefined {
  // Half a surrogate pair would not survive UTF-8.
  if (note.length > maxLength || !note.isWellFormed() || hasControls(note)) return undefined;
  const end = note.lastIndexOf("\n\n");
  if (end < 1 || !note.endsWith("\n")) return undefined;
  const lines = note.slice(end + 2).match(/[^\n]*\n/g) ?? [];
  if (lines.length === 0 || lines.length > maxSignatures) return undefined;
  const signatures = lines.map(parseSignature);
  return signatures.every((signature) => signature !== undefined) ? { text: note.slice(0, end + 1), signatures } : undefined;
}
