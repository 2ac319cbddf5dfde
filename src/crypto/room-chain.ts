import { sha256 } from "@noble/hashes/sha2.js";
import { canonicalJson, type JsonValue } from "./canonical-json.ts";
import { toHex, utf8 } from "./encoding.ts";

/** A message of a room, as its digest covers it. */
export type RoomMessage = {
  /** From 1, without a gap. */
  readonly seq: number;
  readonly topic: string;
  /** The agent that published it. */
  readonly from: string;
  /** RFC 3339 in UTC with milliseconds. */
  readonly at: string;
  readonly body: JsonValue;
  readonly sideEffect: boolean;
  /** 128 random bits in hex: who hears the next message and not this one cannot find this one by guessing. */
  readonly salt: string;
  /** The digest of the message before it. */
  readonly previous: string;
};
export type SealedMessage = RoomMessage & { readonly digest: string };

/** A new message's salt. */
export const newSalt = (): string => toHex(crypto.getRandomValues(new Uint8Array(16)));

/** A place in a room's chain: the number and digest of a message. */
export type ChainPlace = { readonly seq: number; readonly digest: string };

/** Where every room's chain begins: before its first message. */
export const chainStart: ChainPlace = { seq: 0, digest: "0".repeat(64) };

/**
 * Hex SHA-256 of the RFC 8785 form of the message and its room's id: it holds the digest of the message before, and so all before it.
 * Throws where the body has no canonical form: half a surrogate pair, or a number that no double is.
 */
export function messageDigest(room: string, { seq, topic, from, at, body, sideEffect, salt, previous }: RoomMessage): string {
  return toHex(sha256(utf8(canonicalJson({ room, seq, topic, from, at, body, sideEffect, salt, previous }))));
}

export type ChainFinding = {
  /**
   * `changed`: not what the chain holds under its number. `missing`: a number between those shown is not. `truncated`: this number and all
   * after it are not shown. `reordered`: shown behind a later one. `repeated`: shown before. `unlogged`: outside of the two places.
   */
  readonly kind: "changed" | "missing" | "truncated" | "reordered" | "repeated" | "unlogged";
  readonly seq: number;
};

/** A forged end may claim any number: past so many findings no more are looked for. */
const maxFindings = 10_000;

/**
 * Compares messages with the two places of a room's chain between which they claim to stand: behind `after`, up to and with `last`. Nothing
 * found means that they are the room's messages between these places, all of them and in order; of the places the caller must be sure.
 */
export function judgeChain(room: string, after: ChainPlace, last: ChainPlace, messages: readonly SealedMessage[]): ChainFinding[] {
  const findings: ChainFinding[] = [];
  const shown = new Map<number, SealedMessage>();
  let highest = after.seq;
  for (const message of messages) {
    const { seq } = message;
    if (seq <= after.seq || seq > last.seq) findings.push({ kind: "unlogged", seq });
    else if (shown.has(seq)) findings.push({ kind: "repeated", seq });
    else {
      if (seq < highest) findings.push({ kind: "reordered", seq });
      highest = Math.max(highest, seq);
      shown.set(seq, message);
    }
  }
  return [...findings, ...judgeGaps(shown, after.seq, last.seq), ...judgeDigests(room, after, last, shown)].slice(0, maxFindings);
}

function judgeGaps(shown: ReadonlyMap<number, SealedMessage>, after: number, last: number): ChainFinding[] {
  const findings: ChainFinding[] = [];
  const numbers = [...shown.keys()].toSorted((a, b) => a - b);
  let next = after + 1;
  for (const seq of numbers) {
    for (; next < seq && findings.length < maxFindings; next += 1) findings.push({ kind: "missing", seq: next });
    next = seq + 1;
  }
  return next <= last ? [...findings, { kind: "truncated", seq: next }] : findings;
}

/** From the end, which is vouched for: each message that holds vouches for the digest of the one before it. */
function judgeDigests(room: string, after: ChainPlace, last: ChainPlace, shown: ReadonlyMap<number, SealedMessage>): ChainFinding[] {
  if (after.seq === last.seq) return after.digest === last.digest ? [] : [{ kind: "changed", seq: last.seq }];
  const changed: ChainFinding[] = [];
  let vouched: ChainPlace | undefined = last;
  for (const message of [...shown.values()].toSorted((a, b) => b.seq - a.seq)) {
    const { seq, previous } = message;
    const digest = digestOrNone(room, message);
    const isOther: boolean = vouched?.seq === seq && vouched.digest !== digest;
    const isElsewhere = seq === after.seq + 1 && previous !== after.digest;
    const holds: boolean = digest === message.digest && !isOther && !isElsewhere;
    if (!holds) changed.push({ kind: "changed", seq });
    vouched = holds ? { seq: seq - 1, digest: previous } : undefined;
  }
  return changed.toReversed();
}

function digestOrNone(room: string, message: RoomMessage): string | undefined {
  try {
    return messageDigest(room, message);
  } catch {
    return undefined;
  }
}
