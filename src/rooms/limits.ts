import type { Plan } from "../access/plans.ts";

/**
 * What a room allows by its organization's plan. Messages and effects (messages flagged as side-effecting, each of which is an event in the
 * audit log) are per rolling minute; a member is an agent, over all of its connections.
 */
export const roomPlans = {
  free: { roomMessages: 600, memberMessages: 60, effects: 30, sockets: 50, keptBytes: 16 * 2 ** 20 },
  pro: { roomMessages: 6_000, memberMessages: 600, effects: 120, sockets: 500, keptBytes: 256 * 2 ** 20 },
  enterprise: { roomMessages: 60_000, memberMessages: 6_000, effects: 600, sockets: 2_000, keptBytes: 1024 * 2 ** 20 },
} as const satisfies Record<Plan, Record<string, number>>;

export const roomLimits = {
  windowMs: 60_000,
  /** The UTF-8 bytes of one message's body as JSON, and the levels that it may be nested. */
  messageBytes: 64 * 1024,
  messageDepth: 32,
  /** What a frame may hold beside its body. */
  frameBytes: 64 * 1024 + 4 * 1024,
  socketsPerAgent: 4,
  subscriptions: 16,
  /** What one agent may ask a minute beside its messages: every frame and HTTP call counts, but for acknowledgements of something. */
  asks: 240,
  /** So many messages that a replay or a page looks through, and so many names of who is here, count as one more. */
  placesAnAsk: 500,
  namesAnAsk: 10,
  connects: 60,
  /** Faulty frames, and refusals for being over a limit, that one socket gets a minute before it is closed. */
  faults: 10,
  refusals: 100,
  /** What a socket may have been sent and not acknowledged. */
  windowMessages: 1_000,
  windowChars: 2 ** 20,
  /** How many messages a client best gets before it acknowledges: more often costs the room a frame each, less often brings it near the window. */
  acknowledgeEvery: 32,
  /** The same for all sockets of a room together: it must fit into the object's memory (128 MiB) beside everything else. */
  inFlightChars: 64 * 2 ** 20,
  /** Events that wait for the log: beyond this nobody joins and no effect is published until some were written. */
  waitingEvents: 10_000,
  /** When the alarm writes what happened. */
  logWithinMs: 1_000,
  historyPage: 1_000,
  historyChars: 2 ** 20,
} as const;
