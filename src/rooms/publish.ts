import { sha256 } from "@noble/hashes/sha2.js";
import { mayPublish, type Capabilities } from "../access/room-capability.ts";
import { canonicalJson } from "../crypto/canonical-json.ts";
import { toHex, utf8 } from "../crypto/encoding.ts";
import { newId } from "../platform/ids.ts";
import type { PublishFault } from "./frames.ts";
import { roomLimits } from "./limits.ts";
import { readMessageBody } from "./message-body.ts";
import type { OpenHall } from "./hall.ts";
import type { KeptMessage } from "./message-store.ts";
import type { Visit } from "./visits.ts";

export type Publication = {
  readonly topic: string;
  readonly body: unknown;
  readonly messageId?: string | undefined;
  readonly sideEffect: boolean;
};
export type Publisher = { readonly agentId: string; readonly caps: Capabilities; readonly visit: Visit };
export type Published =
  | { readonly ok: true; readonly seq: number; readonly digest: string; readonly duplicate: boolean; readonly message?: KeptMessage }
  | Refusal;
type Refusal = { readonly ok: false; readonly code: PublishFault; readonly detail: string; readonly retryAfterMs?: number };

const refuse = (code: PublishFault, detail: string): Refusal => ({ ok: false, code, detail });

/**
 * Checks a publication and keeps it, all in one turn: capability, body, whether it was published before, limits, the topic's schema. It is in
 * storage when this returns; `message` is to be delivered, and is absent where it was published before.
 */
export function publish(hall: OpenHall, publisher: Publisher, publication: Publication, now: number): Published {
  const { topic, messageId, sideEffect } = publication;
  const { agentId, caps } = publisher;
  if (!mayPublish(caps, topic)) return refuse("forbidden", "The token does not allow publishing on this topic.");
  const read = readMessageBody(publication.body);
  if (!read.ok) return read;
  const { body, text, bytes } = read;

  const content = messageId === undefined ? "" : toHex(sha256(utf8(canonicalJson({ topic, body, sideEffect }))));
  const known = messageId === undefined ? undefined : hall.messages.knownAs(agentId, messageId);
  if (known !== undefined) {
    if (known.content !== content) return refuse("message_id_reused", "This messageId was used for another message.");
    return { ok: true, seq: known.seq, digest: known.digest, duplicate: true };
  }

  const spent = hall.allowances.spendMessage(hall.settings.plan, agentId, sideEffect, now);
  if (!spent.ok) return { ...refuse("rate_limited", "Too many messages a minute."), retryAfterMs: spent.retryAfterMs };
  if (sideEffect && hall.outbox.size() >= roomLimits.waitingEvents)
    return refuse("unavailable", "The audit log is out of reach; no effect is published without it.");
  const finding = hall.topics.judge(topic, body);
  if (!finding.ok) return finding;

  const message = keep(hall, () => {
    const kept = hall.messages.append(hall.settings.roomId, { topic, from: agentId, body, text, sideEffect }, bytes, now);
    if (messageId !== undefined) hall.messages.remember(messageId, kept, content);
    if (sideEffect) logEffect(hall, publisher, kept);
    hall.visits.countMessage(publisher.visit, sideEffect);
    return kept;
  });
  if (sideEffect) hall.wakeBy(now + roomLimits.logWithinMs);
  return { ok: true, seq: message.seq, digest: message.digest, duplicate: false, message };
}

/** All of it or nothing, in memory too. */
function keep({ storage, messages }: OpenHall, write: () => KeptMessage): KeptMessage {
  try {
    return storage.transactionSync(write);
  } catch (fault) {
    messages.reread();
    throw fault;
  }
}

function logEffect(
  { outbox, settings: { roomId } }: OpenHall,
  { agentId, visit }: Publisher,
  { seq, topic, digest, at }: KeptMessage,
): void {
  const change = { roomId, agentId, visitId: visit.id, seq, topic, digest, at: new Date(at).toISOString() };
  outbox.add({
    id: newId("auditEvent"),
    action: "room.effect_published",
    resource: roomId,
    actor: `agent:${agentId}`,
    change,
    data: null,
    at,
  });
}
