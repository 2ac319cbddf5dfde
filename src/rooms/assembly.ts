import { covers } from "../access/room-capability.ts";
import { describeFault } from "../platform/describe-fault.ts";
import { log } from "../platform/logger.ts";
import { closures, type Closure } from "./close-codes.ts";
import { FanOut } from "./fan-out.ts";
import { messageFrame, writeFrame, type ServerFrame } from "./frames.ts";
import { roomLimits } from "./limits.ts";
import { noteMember, type Member } from "./member.ts";
import type { KeptMessage, MessageStore, Place } from "./message-store.ts";
import { isDue, passBy, replayedTo } from "./replay.ts";
import type { SocketStore } from "./socket-store.ts";

/** So much of what is kept one replay looks through before others have their turn. */
const replayStep = 500;
/** An attachment may say so many messages less than were acknowledged: after a wake-up the window is that much narrower until the next one. */
const noteEvery = 50;
/** So many of the newest messages are looked through for what was sent and not acknowledged, when the object comes back. */
const recalledMessages = 20_000;

/** The open sockets of a room, and what each has been sent. Who is not in here any more is sent nothing. */
export class Assembly {
  readonly #messages: MessageStore;
  readonly #sockets: SocketStore;
  readonly #left: (member: Member) => void;
  readonly #members = new Map<WebSocket, Member>();
  readonly #listeners = new FanOut<Member>(covers);
  #inFlight = 0;

  /** `left` is told of each member that is gone, however it went. */
  constructor(messages: MessageStore, sockets: SocketStore, left: (member: Member) => void) {
    this.#messages = messages;
    this.#sockets = sockets;
    this.#left = left;
  }

  get size(): number {
    return this.#members.size;
  }

  members(): Member[] {
    return [...this.#members.values()];
  }

  find(socket: WebSocket): Member | undefined {
    return this.#members.get(socket);
  }

  enter(member: Member): void {
    this.#members.set(member.socket, member);
  }

  /** Takes in the members that were here before the object was away, and what they had been sent and not acknowledged. */
  recall(members: readonly Member[]): void {
    this.#sockets.recall(members, this.#messages.head.seq);
    for (const member of members) {
      this.#members.set(member.socket, member);
      for (const pattern of member.subscriptions.keys()) this.#listeners.add(pattern, member);
    }
    const acknowledged = members.reduce((least, member) => Math.min(least, heardTo(member)), this.#messages.head.seq);
    for (const place of this.#messages.placesAfter(Math.max(acknowledged, this.#messages.head.seq - recalledMessages), recalledMessages))
      for (const member of this.#listeners.membersOf(place.topic)) if (wasSent(member, place)) this.#count(member, place.seq, 0);
  }

  /** `after`: the messages behind that number come first. A pattern that it has already goes on as it is, unless it says so. */
  subscribe(member: Member, patterns: readonly string[], after: number | undefined): void {
    const head = this.#messages.head.seq;
    if (member.live) passBy(member.subscriptions, head);
    for (const pattern of patterns) {
      if (after === undefined && member.subscriptions.has(pattern)) continue;
      const start = after ?? head;
      member.subscriptions.set(pattern, { start, cursor: start });
      this.#listeners.add(pattern, member);
      if (start < head) member.live = false;
    }
    this.#sockets.keep(member);
  }

  unsubscribe(member: Member, patterns: readonly string[]): void {
    if (member.live) passBy(member.subscriptions, this.#messages.head.seq);
    for (const pattern of patterns) {
      member.subscriptions.delete(pattern);
      this.#listeners.remove(pattern, member);
    }
    this.#sockets.keep(member);
  }

  /** Sends a message that was just kept to all who are to have it and have had all before it. */
  deliver(message: KeptMessage, now: number): void {
    const frame = messageFrame(message);
    for (const member of this.#listeners.membersOf(message.topic)) {
      if (member.pass.expiresAt <= now) this.end(member, "expired");
      else if (member.live && this.#takes(member, frame)) this.#sendCounted(member, message.seq, frame);
    }
  }

  /**
   * Goes on with a replay as far as the member's window and one step allow. True where there is more that could be sent at once. What
   * retention dropped before it came to it is said to be gone.
   */
  replay(member: Member): boolean {
    const { subscriptions } = member;
    while (!member.live) {
      const from = replayedTo(subscriptions);
      const { floor, head } = this.#messages;
      if (from < floor.seq) {
        passBy(subscriptions, floor.seq);
        this.send(member, { type: "gone", from: from + 1, to: floor.seq });
        continue;
      }
      if (from >= head.seq) {
        member.live = true;
        break;
      }
      for (const place of this.#messages.placesAfter(from, replayStep)) {
        if (isDue(subscriptions, place, covers) && !this.#sendKept(member, place.seq)) return this.#pause(member, false);
        passBy(subscriptions, place.seq);
      }
      if (replayedTo(subscriptions) < head.seq) return this.#pause(member, true);
    }
    return this.#pause(member, false);
  }

  /** False where the number is none that the socket was sent and has not acknowledged. */
  acknowledge(member: Member, seq: number): boolean {
    const freed = member.window.acknowledge(seq);
    if (freed === undefined) return false;
    this.#inFlight -= freed;
    member.acknowledged = Math.max(member.acknowledged, seq);
    if (member.acknowledged - member.noted >= noteEvery) noteMember(member);
    return true;
  }

  send(member: Member, frame: ServerFrame): void {
    this.sendText(member, writeFrame(frame));
  }

  sendText(member: Member, frame: string): void {
    try {
      member.socket.send(frame);
    } catch (fault) {
      log("warn", "room_socket_lost", { fault: describeFault(fault) });
      this.leave(member);
    }
  }

  /** Closes a member's socket; from here on nothing is sent to it or taken from it. */
  end(member: Member, closure: Closure): void {
    this.leave(member);
    const [code, reason] = closures[closure];
    try {
      member.socket.close(code, reason);
    } catch {
      // It was closed from the other side.
    }
  }

  leave(member: Member): void {
    if (!this.#members.delete(member.socket)) return;
    for (const pattern of member.subscriptions.keys()) this.#listeners.remove(pattern, member);
    this.#inFlight -= member.window.chars;
    this.#sockets.forget(member.id);
    this.#left(member);
  }

  /** Whether the member's window has room; one that has none is too slow, and closed. */
  #takes(member: Member, frame: string): boolean {
    if (hasRoom(member, frame.length)) return true;
    this.end(member, "slow");
    return false;
  }

  #sendKept(member: Member, seq: number): boolean {
    // The message before this one may have found its socket lost, or the member the slowest of all.
    if (!this.#members.has(member.socket)) return false;
    const frame = messageFrame(this.#messages.read(seq));
    if (!hasRoom(member, frame.length)) return false;
    this.#sendCounted(member, seq, frame);
    return true;
  }

  #sendCounted(member: Member, seq: number, frame: string): void {
    this.#count(member, seq, frame.length);
    this.sendText(member, frame);
    if (this.#inFlight > roomLimits.inFlightChars) this.#endSlowest();
  }

  #count(member: Member, seq: number, chars: number): void {
    member.window.add(seq, chars);
    this.#inFlight += chars;
  }

  #endSlowest(): void {
    const slowest = this.members().reduce((most, member) => (member.window.chars > most.window.chars ? member : most));
    this.end(slowest, "slow");
  }

  #pause(member: Member, more: boolean): boolean {
    if (this.#members.has(member.socket)) this.#sockets.keep(member);
    return more;
  }
}

/** A single message larger than the window passes when nothing else is in it. */
const hasRoom = ({ window }: Member, chars: number): boolean =>
  window.messages === 0 || (window.messages < roomLimits.windowMessages && window.chars + chars <= roomLimits.windowChars);

/** Nothing up to here is unacknowledged. */
const heardTo = ({ acknowledged, subscriptions }: Member): number =>
  Math.max(
    acknowledged,
    [...subscriptions.values()].reduce((least, { start }) => Math.min(least, start), Infinity),
  );

const wasSent = ({ acknowledged, subscriptions }: Member, { seq, topic }: Place): boolean =>
  seq > acknowledged && [...subscriptions].some(([pattern, { start, cursor }]) => start < seq && seq <= cursor && covers(pattern, topic));
