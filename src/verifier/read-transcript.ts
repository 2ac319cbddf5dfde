import { parseCanonicalJson } from "../crypto/canonical-json.ts";
import type { SealedMessage } from "../crypto/room-chain.ts";
import { TranscriptHeader, TranscriptMessage, transcriptFormat } from "../crypto/statement/transcript.ts";

export type Transcript = {
  readonly header: TranscriptHeader;
  /** In the order of the file. */
  readonly messages: readonly SealedMessage[];
  /** Numbers of lines that are no message as a room writes it, the header's being 1. */
  readonly spoilt: readonly number[];
  /** The last line does not end: it is among the spoilt ones where it is no message. */
  readonly isCut: boolean;
};

const newline = 0x0a;
const opening = new TextEncoder().encode(`{"format":"${transcriptFormat}"`);

export const isTranscript = (bytes: Uint8Array): boolean => opening.every((byte, at) => bytes[at] === byte);

/** Reads a transcript line by line, however long it is; undefined where its header is none. */
export function readTranscript(bytes: Uint8Array<ArrayBuffer>): Transcript | undefined {
  const [first, ...lines] = splitLines(bytes);
  const header = TranscriptHeader.safeParse(first === undefined ? undefined : parseCanonicalJson(first));
  if (!header.success) return undefined;
  const messages: SealedMessage[] = [];
  const spoilt: number[] = [];
  for (const [index, line] of lines.entries()) {
    const message = TranscriptMessage.safeParse(parseCanonicalJson(line));
    if (message.success) messages.push(message.data);
    else spoilt.push(index + 2);
  }
  return { header: header.data, messages, spoilt, isCut: bytes.at(-1) !== newline };
}

/** What an empty last line is made of is left out: nothing stands behind the last newline. */
function splitLines(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
  const lines: Uint8Array<ArrayBuffer>[] = [];
  for (let from = 0; from < bytes.length;) {
    const end = bytes.indexOf(newline, from);
    const to = end === -1 ? bytes.length : end;
    lines.push(bytes.subarray(from, to));
    from = to + 1;
  }
  return lines;
}
