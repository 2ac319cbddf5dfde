import { hearable } from "../access/room-capability.ts";
import { newId } from "../platform/ids.ts";
import { refuse } from "./doors.ts";
import { writeFrame } from "./frames.ts";
import type { OpenHall } from "./hall.ts";
import { roomLimits, roomPlans } from "./limits.ts";
import { enterMember, type Pass } from "./member.ts";

/** The subprotocol that clients ask for and we answer with. */
export const roomProtocol = "armalo.room.v1";

/** Takes a socket into the room, and greets it; or says in a refusal's text why not. `protocol`: whether the client named ours. */
export function openSocket(hall: OpenHall, context: DurableObjectState, pass: Pass, protocol: boolean, now: number): Response | string {
  const { assembly, allowances, messages, outbox, presence, settings, visits } = hall;
  const { agentId, expiresAt } = pass;
  const spent = allowances.spendConnect(agentId, now);
  if (!spent.ok) return refuse("rate_limited", "too many connections a minute", { retryAfterMs: spent.retryAfterMs });
  if (outbox.size() >= roomLimits.waitingEvents) return refuse("unavailable", "too many events wait for the log");
  // An agent whose old connections have died unseen must not be kept out by them.
  const others = assembly.members().filter((member) => member.pass.agentId === agentId);
  for (const oldest of others.slice(0, Math.max(0, others.length + 1 - roomLimits.socketsPerAgent))) assembly.end(oldest, "replaced");
  const { sockets, memberMessages, roomMessages } = roomPlans[settings.plan];
  if (assembly.size >= sockets) return refuse("room_full", `${sockets} sockets`);

  const { 0: client, 1: server } = new WebSocketPair();
  context.acceptWebSocket(server, [`agent:${agentId}`]);
  const member = enterMember(server, newId("request"), pass);
  assembly.enter(member);
  presence.join(agentId);
  const head = messages.head.seq;
  visits.enter(settings.roomId, "socket", agentId, now);
  visits.hear(agentId, hearable(pass.caps), head);
  hall.wakeBy(expiresAt);
  const limits = {
    messagesPerMinute: { member: memberMessages, room: roomMessages },
    messageBytes: roomLimits.messageBytes,
    subscriptions: roomLimits.subscriptions,
    ackEvery: roomLimits.acknowledgeEvery,
    unacknowledged: { messages: roomLimits.windowMessages, characters: roomLimits.windowChars },
  };
  server.send(
    writeFrame({ type: "welcome", room: settings.roomId, agent: agentId, head, expiresAt: new Date(expiresAt).toISOString(), limits }),
  );
  return new Response(null, {
    status: 101,
    webSocket: client,
    headers: protocol ? { "Sec-WebSocket-Protocol": roomProtocol } : {},
  });
}
