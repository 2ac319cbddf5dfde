import type { VerifierKey } from "../audit/transparency/signed-note.ts";
import { importPublicKey } from "../crypto/ed25519.ts";
import { openKeyHistory, type HistoryKey, type KeyHistory } from "../crypto/statement/key-history.ts";
import { finding, type Finding } from "./verdicts.ts";

/** What the reader brings along: nothing in a file can say who is to be believed. */
export type Pins = {
  /** RFC 7638 thumbprints, of the issuer's root key or of single signing keys. */
  readonly fingerprints: readonly string[];
  /** Outside witnesses whose co-signatures count. */
  readonly witnesses: readonly VerifierKey[];
  readonly now: Date;
  /** How old a revocation list may be. */
  readonly maxListAgeSeconds: number;
};

/** The issuer's keys as far as the pins reach. */
export type TrustedKeys = {
  readonly pinned: "root" | "keys" | "nothing";
  /** Null where its signature does not hold. */
  readonly history: KeyHistory | null;
  /** The entries that can be believed to be the issuer's: all of them under a pinned root. */
  readonly keys: readonly HistoryKey[];
};

/** Opens a key history and says how far it can be trusted. */
export async function trustKeys(compact: string | null, pins: Pins): Promise<{ trusted: TrustedKeys; issuer: Finding }> {
  const opened = compact === null ? null : await openKeyHistory(compact);
  if (opened === null || !opened.ok) {
    const detail = opened === null ? "The file has no key history." : "The key history in the file does not hold.";
    return { trusted: { pinned: "nothing", history: null, keys: [] }, issuer: finding("issuer", "issuer_unverified", detail) };
  }
  const { history, rootKid } = opened;
  const shown = `${history.issuers.join(", ")}, root key ${rootKid}`;
  if (pins.fingerprints.includes(rootKid)) {
    const state = `key history no. ${history.number} of ${history.issuedAt}`;
    return { trusted: { pinned: "root", history, keys: history.keys }, issuer: finding("issuer", "root_pinned", `${shown}, ${state}`) };
  }
  const keys = history.keys.filter(({ kid }) => pins.fingerprints.includes(kid));
  if (keys.length > 0)
    return {
      trusted: { pinned: "keys", history, keys },
      issuer: finding("issuer", "key_pinned", `claims to be ${history.issuers.join(", ")}`),
    };
  return {
    trusted: { pinned: "nothing", history, keys: history.keys },
    issuer: finding("issuer", "issuer_unverified", `claims to be ${shown}`),
  };
}

/**
 * The newer of two key histories of one root: an old one in a file must not hide a revocation that the reader knows of. Of two roots the
 * reader's own counts.
 */
export async function newerHistory(inFile: string | null, readers: string | null): Promise<string | null> {
  if (inFile === null || readers === null) return inFile ?? readers;
  const [shown, known] = await Promise.all([openKeyHistory(inFile), openKeyHistory(readers)]);
  const isShownNewer = shown.ok && known.ok && shown.rootKid === known.rootKid && shown.history.number > known.history.number;
  return isShownNewer ? inFile : readers;
}

/** The public key of an entry; undefined where there is no such entry, or no such key. */
export async function publicKeyOf({ keys }: TrustedKeys, kid: string): Promise<CryptoKey | undefined> {
  const key = keys.find((one) => one.kid === kid);
  return key === undefined ? undefined : importPublicKey(key.x);
}
