import { hearable, mayReadHistory, maySeePresence, maySubscribe } from "../access/room-capability.ts";
import { describeFault } from "../platform/describe-fault.ts";
import { log } from "../platform/logger.ts";
import { askLimit } from "../access/rolling-limit.ts";
import type { ClientFrame, FrameFault } from "./frames.ts";
import type { OpenHall } from "./hall.ts";
import { roomLimits } from "./limits.ts";
import { noteMember, type Member } from "./member.ts";
import { publish } from "./publish.ts";
import { replayOn } from "./replay-on.ts";

type Frame<T extends ClientFrame["type"]> = Extract<ClientFrame, { type: T }>;
type Fault = { readonly code: FrameFault; readonly detail: string; readonly retryAfterMs?: number | undefined };

const fault = (code: FrameFault, detail: string): Fault => ({ code, detail });

/** Does what a member's frame asks, and answers it. Everything but a refresh is done in one turn. */
export async function answerFrame(hall: OpenHall, member: Member, frame: ClientFrame, now: number): Promise<void> {
  if (frame.type === "ack" && hall.assembly.acknowledge(member, frame.seq)) {
    replayOn(hall.assembly, member);
    return;
  }
  const spent = hall.allowances.spendAsk(hall.settings.plan, member.pass.agentId, now);
  if (!spent.ok) {
    refuse(hall, member, frame, { ...fault("rate_limited", "Too many frames a minute."), retryAfterMs: spent.retryAfterMs }, now);
    return;
  }
  const failure = frame.type === "refresh" ? await refresh(hall, member, frame) : answer(hall, member, frame, now);
  if (failure !== undefined) refuse(hall, member, frame, failure, now);
}

/** Tells a member why not; one that goes on over its limits is closed. */
function refuse({ assembly }: OpenHall, member: Member, frame: ClientFrame, failure: Fault, now: number): void {
  assembly.send(member, { type: "error", ref: "ref" in frame ? frame.ref : undefined, ...failure });
  if (failure.code === "rate_limited" && !askLimit(member.refusals, now).accepted) assembly.end(member, "flooding");
}

function answer(hall: OpenHall, member: Member, frame: Exclude<ClientFrame, Frame<"refresh">>, now: number): Fault | undefined {
  switch (frame.type) {
    case "publish":
      return publishFrame(hall, member, frame, now);
    case "subscribe":
      return subscribe(hall, member, frame, now);
    case "unsubscribe":
      hall.assembly.unsubscribe(member, frame.topics);
      hall.assembly.send(member, { type: "unsubscribed", ref: frame.ref, ...subscribed(hall, member) });
      replayOn(hall.assembly, member);
      return undefined;
    case "presence":
      return presence(hall, member, frame, now);
    case "ack":
      return undefined;
  }
}

const subscribed = ({ messages }: OpenHall, { subscriptions }: Member) => ({ topics: [...subscriptions.keys()], head: messages.head.seq });

function publishFrame(hall: OpenHall, member: Member, frame: Frame<"publish">, now: number): Fault | undefined {
  const { agentId, caps } = member.pass;
  const visit = hall.visits.enter(hall.settings.roomId, "socket", agentId, now);
  const published = publish(hall, { agentId, caps, visit }, frame, now);
  if (!published.ok) return { code: published.code, detail: published.detail, retryAfterMs: published.retryAfterMs };
  const { seq, digest, duplicate, message } = published;
  hall.assembly.send(member, { type: "published", ref: frame.ref, seq, digest, duplicate });
  if (message !== undefined) hall.assembly.deliver(message, now);
  return undefined;
}

function subscribe(hall: OpenHall, member: Member, { topics, after, ref }: Frame<"subscribe">, now: number): Fault | undefined {
  const { allowances, assembly, messages, settings, visits } = hall;
  const { caps, agentId } = member.pass;
  const denied = topics.find((pattern) => !maySubscribe(caps, pattern));
  if (denied !== undefined) return fault("forbidden", `The token does not allow subscribing to all of ${denied}.`);
  if (after !== undefined && after > messages.head.seq) return fault("ahead", `The newest message is ${messages.head.seq}.`);
  // What it could have heard itself, nobody is kept from hearing again.
  const since = Math.max(...topics.map((pattern) => visits.heardSince(agentId, pattern) ?? messages.head.seq));
  if (after !== undefined && after < since && !mayReadHistory(caps))
    return fault("forbidden", `Without the capability \`history\`, nothing before ${since} is replayed.`);
  if (new Set([...member.subscriptions.keys(), ...topics]).size > roomLimits.subscriptions)
    return fault("too_many_subscriptions", `At most ${roomLimits.subscriptions}.`);
  if (after !== undefined) allowances.chargePlaces(settings.plan, agentId, messages.head.seq - Math.max(after, messages.floor.seq), now);
  assembly.subscribe(member, topics, after);
  assembly.send(member, { type: "subscribed", ref, ...subscribed(hall, member) });
  replayOn(assembly, member);
  return undefined;
}

function presence(hall: OpenHall, member: Member, { ref }: Frame<"presence">, now: number): Fault | undefined {
  const { allowances, assembly, presence: present, settings } = hall;
  if (!maySeePresence(member.pass.caps)) return fault("forbidden", "The token has not the capability `presence`.");
  member.watchesPresence = true;
  noteMember(member);
  const agents = present.agents();
  allowances.chargeNames(settings.plan, member.pass.agentId, agents.length, now);
  assembly.send(member, { type: "presence", ref, agents });
  return undefined;
}

/** A new token for the same agent: what it does not allow any more ends. */
async function refresh(hall: OpenHall, member: Member, { token, ref }: Frame<"refresh">): Promise<Fault | undefined> {
  const { assembly, doorkeeper, env, settings } = hall;
  const refused = fault("token_refused", "The token is not one of this agent for this room, or holds no longer.");
  try {
    const admitted = await doorkeeper.admit(env, settings.roomId, token);
    // It may have been closed meanwhile.
    if (assembly.find(member.socket) === undefined) return undefined;
    if (!admitted.ok || admitted.pass.agentId !== member.pass.agentId) return refused;
    member.pass = admitted.pass;
  } catch (thrown) {
    log("error", "room_refresh_failed", { room: settings.roomId, fault: describeFault(thrown) });
    return fault("unavailable", "Something that is needed to decide is out of reach; try again shortly.");
  }
  const { caps, expiresAt } = member.pass;
  const dropped = [...member.subscriptions.keys()].filter((pattern) => !maySubscribe(caps, pattern));
  if (dropped.length > 0) assembly.unsubscribe(member, dropped);
  noteMember(member);
  hall.visits.hear(member.pass.agentId, hearable(caps), hall.messages.head.seq);
  hall.wakeBy(expiresAt);
  const topics = [...member.subscriptions.keys()];
  assembly.send(member, { type: "refreshed", ref, expiresAt: new Date(expiresAt).toISOString(), topics });
  replayOn(assembly, member);
  return undefined;
}
