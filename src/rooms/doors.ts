import { covers, mayReadHistory, maySeePresence, maySubscribe } from "../access/room-capability.ts";
import { messageJson, type PublishFault } from "./frames.ts";
import type { OpenHall } from "./hall.ts";
import { roomLimits } from "./limits.ts";
import type { Pass } from "./member.ts";
import { publish, type Publication } from "./publish.ts";

/** What can be asked of a room without a socket. */
export type DoorAsk =
  | ({ readonly kind: "publish" } & Publication)
  | { readonly kind: "history"; readonly after: number; readonly limit: number; readonly topic?: string | undefined }
  | { readonly kind: "presence" }
  /** Nothing but whether the token holds. */
  | { readonly kind: "judge" };

export type DoorRefusal = {
  readonly ok: false;
  readonly reason: PublishFault | "token_refused" | "no_such_room" | "room_closed" | "room_full";
  readonly blocker: string;
  /** For the caller to read, where there is more to say than the reason. */
  readonly detail?: string | undefined;
  readonly retryAfterMs?: number | undefined;
};

/** So much of what is kept one page looks through. */
const scanned = 5_000;

/** Answers in JSON text: the body of the answer, with `ok`, or a DoorRefusal. */
export function answerDoor(hall: OpenHall, pass: Pass, ask: DoorAsk, now: number): string {
  const { settings, visits, allowances } = hall;
  const spent = allowances.spendAsk(settings.plan, pass.agentId, now);
  if (!spent.ok) return refuse("rate_limited", "too many calls a minute", { retryAfterMs: spent.retryAfterMs });
  if (ask.kind === "judge") return JSON.stringify({ ok: true });
  if (hall.outbox.size() >= roomLimits.waitingEvents) return refuse("unavailable", "too many events wait for the log");
  const visit = visits.enter(settings.roomId, "http", pass.agentId, now);
  switch (ask.kind) {
    case "publish": {
      const published = publish(hall, { ...pass, visit }, ask, now);
      if (!published.ok) return refuse(published.code, published.detail, published);
      const { seq, digest, duplicate, message } = published;
      if (message !== undefined) hall.assembly.deliver(message, now);
      return JSON.stringify({ ok: true, seq, digest, duplicate });
    }
    case "history":
      return mayReadHistory(pass.caps) ? page(hall, pass, ask, now) : refuse("forbidden", "no capability `history`");
    case "presence": {
      if (!maySeePresence(pass.caps)) return refuse("forbidden", "no capability `presence`");
      const agents = hall.presence.agents();
      allowances.chargeNames(settings.plan, pass.agentId, agents.length, now);
      return JSON.stringify({ ok: true, agents });
    }
  }
}

export const refuse = (
  reason: DoorRefusal["reason"],
  blocker: string,
  { detail, retryAfterMs }: Pick<DoorRefusal, "detail" | "retryAfterMs"> = {},
): string => JSON.stringify({ ok: false, reason, blocker, detail, retryAfterMs } satisfies DoorRefusal);

/** Messages behind `after` of topics that the member may hear; `next` is where to go on, null at the end. */
function page(hall: OpenHall, { agentId, caps }: Pass, ask: Extract<DoorAsk, { kind: "history" }>, now: number): string {
  const { allowances, messages, settings } = hall;
  const { after, limit, topic } = ask;
  const { head, floor } = messages;
  const texts: string[] = [];
  const from = Math.max(after, floor.seq);
  let [last, chars] = [from, 0];
  const places = messages.placesAfter(last, scanned);
  for (const place of places) {
    if (texts.length >= limit || chars > roomLimits.historyChars) break;
    last = place.seq;
    if ((topic !== undefined && !covers(topic, place.topic)) || !maySubscribe(caps, place.topic)) continue;
    const text = messageJson(messages.read(place.seq));
    texts.push(text);
    chars += text.length;
  }
  allowances.chargePlaces(settings.plan, agentId, last - from, now);
  const next = last < head.seq ? last : null;
  const ends = JSON.stringify({ head: { seq: head.seq, digest: head.digest }, oldest: floor.seq + 1, next });
  return `{"ok":true,"messages":[${texts.join(",")}],${ends.slice(1)}`;
}
