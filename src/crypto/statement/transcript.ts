import { z } from "zod";
import { canonicalJson, type JsonValue } from "../canonical-json.ts";
import type { ChainPlace, SealedMessage } from "../room-chain.ts";
import type { NewStatement, Statement } from "./statement.ts";

export const transcriptFormat = "armalo-transcript/1";

/** The first line of a transcript; a message follows on each other line. All are canonical JSON (RFC 8785). */
export const TranscriptHeader = z.strictObject({ format: z.literal(transcriptFormat), statement: z.string(), keyHistory: z.string() });
export type TranscriptHeader = z.output<typeof TranscriptHeader>;

const ChainDigest = z.string().regex(/^[0-9a-f]{64}$/);

/** What a transcript holds: the room's messages behind one place of its chain, up to and with another. */
const Extent = z
  .strictObject({
    first: z.int().min(1),
    last: z.int().min(0),
    count: z.int().min(0),
    /** The digest before the first message: 64 zeros before the room's first one. */
    before: ChainDigest,
    /** Of the last message, and so of all before it. */
    digest: ChainDigest,
  })
  .refine(({ first, last, count }) => count === last - first + 1);

const Claim = z.looseObject({ room: z.string().min(1), swarm: z.string().min(1), messages: Extent });

/** A message as a transcript holds it. */
export const TranscriptMessage = z.strictObject({
  seq: z.int().min(1),
  topic: z.string(),
  from: z.string(),
  at: z.string(),
  body: z.custom<JsonValue>((body) => body !== undefined),
  sideEffect: z.boolean(),
  salt: z.string(),
  previous: z.string(),
  digest: z.string(),
}) satisfies z.ZodType<SealedMessage>;

/** A line of a transcript, its end included: only what stands in the schema is shown. */
export const headerLine = ({ format, statement, keyHistory }: TranscriptHeader): string =>
  `${canonicalJson({ format, statement, keyHistory })}\n`;
export const messageLine = ({ seq, topic, from, at, body, sideEffect, salt, previous, digest }: SealedMessage): string =>
  `${canonicalJson({ seq, topic, from, at, body, sideEffect, salt, previous, digest })}\n`;

export type TranscriptExtent = { readonly room: string; readonly swarm: string; readonly after: ChainPlace; readonly last: ChainPlace };

/** The statement that vouches for a transcript. `basics`: what every statement says of its issuer. */
export const transcriptStatement = (basics: NewStatement["predicate"], { room, swarm, after, last }: TranscriptExtent): NewStatement => ({
  kind: "transcript",
  subject: [{ name: room, digest: { sha256: last.digest } }],
  predicate: {
    ...basics,
    room,
    swarm,
    messages: { first: after.seq + 1, last: last.seq, count: last.seq - after.seq, before: after.digest, digest: last.digest },
  },
});

/** What a transcript's statement says that it holds; undefined where it contradicts itself. */
export function readExtent({ subject, predicate }: Statement): TranscriptExtent | undefined {
  const claim = Claim.safeParse(predicate);
  const [about, ...others] = subject;
  if (!claim.success || others.length > 0) return undefined;
  const { room, swarm, messages } = claim.data;
  if (about?.name !== room || about.digest.sha256 !== messages.digest) return undefined;
  return {
    room,
    swarm,
    after: { seq: messages.first - 1, digest: messages.before },
    last: { seq: messages.last, digest: messages.digest },
  };
}
