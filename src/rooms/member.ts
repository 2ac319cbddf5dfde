import type { Capabilities } from "../access/room-capability.ts";
import type { RoomClaims } from "../access/room-token.ts";
import { newRollingLimit, type RollingLimit } from "../access/rolling-limit.ts";
import { DeliveryWindow } from "./delivery-window.ts";
import { roomLimits } from "./limits.ts";
import type { Subscriptions } from "./replay.ts";

/** What a socket may do, by the token that it showed last. Milliseconds since 1970. */
export type Pass = {
  readonly agentId: string;
  readonly tokenId: string;
  readonly keyId: string;
  readonly generation: number;
  readonly caps: Capabilities;
  readonly expiresAt: number;
};

/** One open socket of an agent. */
export type Member = {
  readonly id: string;
  readonly socket: WebSocket;
  pass: Pass;
  readonly subscriptions: Subscriptions;
  readonly window: DeliveryWindow;
  /** Whether it has been sent all that there is; otherwise it is replaying, and what is new waits behind that. */
  live: boolean;
  /** Whether it asked who is here, and is told of changes from then on. */
  watchesPresence: boolean;
  /** The number that it last acknowledged, and what of that its attachment says. */
  acknowledged: number;
  noted: number;
  readonly faults: RollingLimit;
  readonly refusals: RollingLimit;
};

/** What outlives the object's memory with the socket: at most 2 KiB, most of it capabilities. */
type Attachment = { readonly id: string; readonly pass: Pass; readonly watchesPresence: boolean; readonly acknowledged: number };

/** `until`: when something else than the token itself ends it; Infinity for never. */
export const passOf = ({ agentId, tokenId, keyId, generation, caps, expiresAt }: RoomClaims, until: number): Pass => ({
  agentId,
  tokenId,
  keyId,
  generation,
  caps,
  expiresAt: Math.min(expiresAt.getTime(), until),
});

const newMember = (socket: WebSocket, { id, pass, watchesPresence, acknowledged }: Attachment): Member => ({
  id,
  socket,
  pass,
  watchesPresence,
  acknowledged,
  noted: acknowledged,
  subscriptions: new Map(),
  window: new DeliveryWindow(),
  live: true,
  faults: newRollingLimit(roomLimits.faults, roomLimits.windowMs),
  refusals: newRollingLimit(roomLimits.refusals, roomLimits.windowMs),
});

export function enterMember(socket: WebSocket, id: string, pass: Pass): Member {
  const member = newMember(socket, { id, pass, watchesPresence: false, acknowledged: 0 });
  noteMember(member);
  return member;
}

/** Writes down what the attachment holds of a member, after it has changed. */
export function noteMember(member: Member): void {
  const { id, pass, watchesPresence, acknowledged } = member;
  member.noted = acknowledged;
  member.socket.serializeAttachment({ id, pass, watchesPresence, acknowledged } satisfies Attachment);
}

/** A member as its attachment says it was, after the object was away. */
export function recallMember(socket: WebSocket): Member | undefined {
  const attachment = readAttachment(socket);
  return attachment === null ? undefined : newMember(socket, attachment);
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- noteMember wrote it, before the socket was accepted
const readAttachment = (socket: WebSocket): Attachment | null => socket.deserializeAttachment() as Attachment | null;
