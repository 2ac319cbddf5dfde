import { z } from "@hono/zod-openapi";
import { Topic, TopicPattern } from "../access/room-capability.ts";
import { roomLimits } from "./limits.ts";
import type { KeptMessage } from "./message-store.ts";
import type { PresenceChange } from "./presence.ts";

/** Given back with the answer, so that a client knows which of its frames was answered. */
const ref = z.string().max(64).optional();
const seq = z.int().min(0);
const topics = z.array(TopicPattern).min(1).max(roomLimits.subscriptions);
/** A publisher's own name for a message: sent again, the message is not published again. */
export const MessageId = z.string().regex(/^[\x21-\x7e]{1,64}$/, "1 to 64 printable ASCII characters.");

const ClientFrame = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("subscribe"), topics, after: seq.optional(), ref }),
  z.strictObject({ type: z.literal("unsubscribe"), topics, ref }),
  z.strictObject({
    type: z.literal("publish"),
    topic: Topic,
    body: z.unknown(),
    messageId: MessageId.optional(),
    sideEffect: z.boolean().default(false),
    ref,
  }),
  z.strictObject({ type: z.literal("ack"), seq }),
  z.strictObject({ type: z.literal("refresh"), token: z.string().max(4096), ref }),
  z.strictObject({ type: z.literal("presence"), ref }),
]);
/** What a member may send: JSON text. `ping` as it stands is answered with `pong`, without waking the room. */
export type ClientFrame = z.output<typeof ClientFrame>;

/** Reads a member's frame; undefined for whatever is none. */
export function readFrame(data: string | ArrayBuffer): ClientFrame | undefined {
  if (typeof data !== "string") return undefined;
  try {
    return ClientFrame.safeParse(JSON.parse(data)).data;
  } catch {
    return undefined;
  }
}

/** Why a publication was not taken, by whichever door it came. */
export type PublishFault =
  | "invalid_body"
  | "too_large"
  | "forbidden"
  | "rate_limited"
  | "schema_violation"
  | "message_id_reused"
  | "unavailable";
export type FrameFault = PublishFault | "invalid_frame" | "too_many_subscriptions" | "ahead" | "token_refused";

export type ServerFrame =
  | { type: "welcome"; room: string; agent: string; head: number; expiresAt: string; limits: object }
  | { type: "subscribed" | "unsubscribed"; ref?: string | undefined; topics: readonly string[]; head: number }
  | { type: "gone"; from: number; to: number }
  | { type: "published"; ref?: string | undefined; seq: number; digest: string; duplicate: boolean }
  | { type: "presence"; ref?: string | undefined; agents: readonly string[] }
  | ({ type: "presence" } & PresenceChange)
  | { type: "refreshed"; ref?: string | undefined; expiresAt: string; topics: readonly string[] }
  | { type: "error"; ref?: string | undefined; code: FrameFault; detail: string; retryAfterMs?: number | undefined };

export const writeFrame = (frame: ServerFrame): string => JSON.stringify(frame);

/** A message as every subscriber gets it: written once, its body as it is kept. */
export const messageFrame = (message: KeptMessage): string => `{"type":"message",${messageMembers(message)}}`;

/** The same as one element of a page. */
export const messageJson = (message: KeptMessage): string => `{${messageMembers(message)}}`;

// Identifiers, topics, salts and digests are of characters that JSON does not escape, by their patterns.
const messageMembers = ({ seq, topic, from, at, body, sideEffect, salt, previous, digest }: KeptMessage): string =>
  `"seq":${seq},"topic":"${topic}","from":"${from}","at":"${new Date(at).toISOString()}","body":${body},"sideEffect":${sideEffect},"salt":"${salt}","previous":"${previous}","digest":"${digest}"`;
