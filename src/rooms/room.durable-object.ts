import { DurableObject } from "cloudflare:workers";
import type { HistoryPage, RoomHistory } from "../access/room-history.ts";
import type { Ending, RoomControl, RoomStatus } from "../access/room-control.ts";
import { Outbox } from "../audit/outbox.ts";
import { requireEnvironment, type Bindings } from "../env.ts";
import type { RoomConfig } from "../features/rooms/index.ts";
import { currentTime } from "../platform/clock.ts";
import { describeFault } from "../platform/describe-fault.ts";
import { log } from "../platform/logger.ts";
import { AlarmClock } from "./alarm-clock.ts";
import { Allowances } from "./allowances.ts";
import { Assembly } from "./assembly.ts";
import { answerDoor, refuse, type DoorAsk } from "./doors.ts";
import { Doorkeeper, type Admitted } from "./doorkeeper.ts";
import { Endings } from "./endings.ts";
import type { Hall, OpenHall } from "./hall.ts";
import { hearFrame } from "./hear-frame.ts";
import { roomLimits } from "./limits.ts";
import { recallMember, type Pass } from "./member.ts";
import { MessageStore } from "./message-store.ts";
import { openSocket } from "./open-socket.ts";
import { Presence } from "./presence.ts";
import { replayOn } from "./replay-on.ts";
import { Topics, type RoomSettings } from "./room-settings.ts";
import { SocketStore } from "./socket-store.ts";
import { PresenceTeller } from "./tell-presence.ts";
import { readPage, readStatus } from "./transcript.ts";
import { enforce, nextWake, retain, retainSoon } from "./upkeep.ts";
import { Visits } from "./visits.ts";
import { writeEvent } from "./write-event.ts";

const retryAfterMs = 10_000;

/** One per room: the only place where its members meet, and where its messages get their order. */
export class Room extends DurableObject<Bindings> implements RoomControl, RoomHistory {
  readonly #clock = new AlarmClock(this.ctx.storage);
  readonly #hall = this.#build();
  readonly #presence = new PresenceTeller(this.#hall);
  #roomId = this.ctx.storage.kv.get<string>("roomId");
  #closed = this.ctx.storage.kv.get<boolean>("closed") ?? false;
  #open = this.#furnish(this.ctx.storage.kv.get<RoomSettings>("settings"));
  #lastNow = 0;

  constructor(context: DurableObjectState, bindings: Bindings) {
    super(context, bindings);
    context.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    void context.blockConcurrencyWhile(async () => {
      await this.#clock.read();
      this.#recall();
    });
  }

  /** Opens a socket for the holder of a token. */
  override async fetch({ headers }: Request): Promise<Response> {
    const [roomId, token] = [headers.get("X-Room") ?? "", headers.get("X-Room-Token") ?? ""];
    const opened = await this.#admitted(roomId, token, (hall, pass) => {
      const answer = openSocket(hall, this.ctx, pass, headers.has("Sec-WebSocket-Protocol"), this.#now());
      this.#presence.soon();
      return answer;
    });
    return opened instanceof Response ? opened : new Response(opened, { status: 409 });
  }

  /** Answers a call over HTTP in JSON text: see answerDoor. */
  async ask(roomId: string, token: string, ask: DoorAsk): Promise<string> {
    return this.#admitted(roomId, token, (hall, pass) => {
      const now = this.#now();
      const answer = answerDoor(hall, pass, ask, now);
      retainSoon(hall, now);
      return answer;
    });
  }

  override async webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    if (this.#open === undefined) await this.#reopen();
    const member = this.#hall.assembly.find(socket);
    if (member === undefined) return;
    await hearFrame(this.#hall, this.#open, member, data, this.#now());
    if (this.#open !== undefined) retainSoon(this.#open, this.#now());
  }

  override webSocketClose(socket: WebSocket): void {
    const member = this.#hall.assembly.find(socket);
    if (member !== undefined) this.#hall.assembly.leave(member);
    try {
      socket.close();
    } catch {
      // It has been closed from both sides.
    }
  }

  override webSocketError(socket: WebSocket): void {
    this.webSocketClose(socket);
  }

  async revoke(ending: Ending): Promise<void> {
    const now = this.#now();
    this.#hall.endings.add(ending);
    enforce(this.#hall, now);
    const isOfAgent = ending.kind === "agent" || ending.kind === "archived_agent";
    if (isOfAgent && this.#roomId !== undefined) this.#hall.visits.endOf(this.#roomId, ending.id, now);
  }

  async lift({ kind, id }: { readonly kind: "token" | "agent"; readonly id: string }): Promise<void> {
    this.#hall.endings.lift(kind, id);
    this.#hall.doorkeeper.forget();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.ctx.storage.kv.put("closed", true);
    const { assembly, visits } = this.#hall;
    for (const member of assembly.members()) assembly.end(member, "closed");
    if (this.#roomId !== undefined) visits.endAll(this.#roomId, this.#now());
  }

  /** What was read before is not used again, whether or not it can be read anew at once. */
  async reload(): Promise<void> {
    this.ctx.storage.kv.delete("settings");
    this.#open = undefined;
    this.#hall.doorkeeper.forget();
    await this.#reopen();
  }

  async status(): Promise<RoomStatus> {
    return readStatus(this.#hall);
  }

  async pages(after: number, limit: number): Promise<HistoryPage> {
    return readPage(this.#hall, after, limit);
  }

  override async alarm(): Promise<void> {
    this.#clock.rang();
    const { visits, endings, allowances } = this.#hall;
    const now = this.#now();
    enforce(this.#hall, now);
    if (this.#roomId !== undefined) visits.endDue(this.#roomId, now);
    endings.forget(now);
    allowances.forget(now);
    const hall = this.#open ?? (await this.#reopen());
    if (hall === undefined) return;
    retain(hall, now);
    this.#hall.wakeBy(nextWake(this.#hall, hall.settings.retention.days));
    this.#drain(hall, now);
  }

  #build(): Hall {
    const { storage } = this.ctx;
    const { sql } = storage;
    const [messages, outbox, endings, presence] = [new MessageStore(sql), new Outbox(sql), new Endings(sql), new Presence()];
    const wakeBy = (at: number): void => this.#wakeBy(at);
    const record: Hall["record"] = (entry) => {
      outbox.add(entry);
      wakeBy(entry.at + roomLimits.logWithinMs);
    };
    const visits = new Visits(sql, { record, wakeBy });
    const assembly = new Assembly(messages, new SocketStore(sql), ({ pass: { agentId } }) => {
      presence.leave(agentId);
      if (presence.socketsOf(agentId) === 0) visits.leave(agentId, this.#now());
      this.#presence.soon();
    });
    const doorkeeper = new Doorkeeper(endings, (config) => this.#learn(config));
    const allowances = new Allowances(messages);
    return { storage, messages, outbox, endings, visits, presence, allowances, assembly, doorkeeper, wakeBy, record };
  }

  /** Who was here when the object went to sleep is here still. */
  #recall(): void {
    const { assembly, presence, visits } = this.#hall;
    const members = this.ctx
      .getWebSockets()
      .flatMap((socket) => (socket.readyState === WebSocket.OPEN ? (recallMember(socket) ?? []) : []));
    assembly.recall(members);
    for (const { pass } of members) presence.join(pass.agentId);
    presence.takeChange();
    enforce(this.#hall, this.#now());
    visits.recall(new Set(members.map(({ pass }) => pass.agentId)), this.#now());
    for (const member of members) replayOn(assembly, member);
  }

  /** Lets a token's holder in, or gives a refusal's text. No turn passes between the decision and `enter`. */
  async #admitted<T>(roomId: string, token: string, enter: (hall: OpenHall, pass: Pass) => T): Promise<T | string> {
    let admitted: Admitted;
    try {
      admitted = await this.#hall.doorkeeper.admit(requireEnvironment(this.env), roomId, token);
    } catch (fault) {
      return refuse("unavailable", describeFault(fault));
    }
    if (!admitted.ok) return refuse(admitted.reason, admitted.blocker);
    if (this.#closed) return refuse("room_closed", "closed");
    const hall = this.#open;
    return hall === undefined ? refuse("unavailable", "the room's settings have just changed") : enter(hall, admitted.pass);
  }

  /** Reads the room's settings anew; undefined where that cannot be done now, and then the alarm tries again. */
  async #reopen(): Promise<OpenHall | undefined> {
    if (this.#roomId === undefined) return undefined;
    try {
      await this.#hall.doorkeeper.load(requireEnvironment(this.env), this.#roomId);
    } catch (fault) {
      log("error", "room_not_read", { room: this.#roomId, fault: describeFault(fault) });
      this.#hall.wakeBy(this.#now() + retryAfterMs);
    }
    return this.#open;
  }

  /** What was read of the room holds from now on, here and after a restart. */
  #learn({ roomId, orgId, plan, closedAt, secrets, topics, retention, revocations }: RoomConfig): void {
    const { kv } = this.ctx.storage;
    if (this.#roomId !== undefined && this.#roomId !== roomId) throw new Error("another room");
    if (this.#roomId === undefined) kv.put("roomId", roomId);
    this.#roomId = roomId;
    const settings: RoomSettings = { roomId, orgId, plan, topics, retention };
    if (JSON.stringify(settings) !== JSON.stringify(this.#open?.settings)) {
      kv.put("settings", settings);
      this.#open = this.#furnish(settings);
    }
    for (const { kind, subject, until } of revocations) this.#hall.endings.add({ kind, id: subject, until: until?.getTime() ?? null });
    // A generation that verifies no longer ends what it opened, too.
    if (secrets.length > 0)
      this.#hall.endings.add({ kind: "generation", upTo: Math.min(...secrets.map(({ generation }) => generation)) - 1 });
    enforce(this.#hall, this.#now());
    if (closedAt !== null && !this.#closed) this.ctx.waitUntil(this.close());
  }

  #furnish(settings: RoomSettings | undefined): OpenHall | undefined {
    if (settings === undefined) return undefined;
    return { ...this.#hall, env: requireEnvironment(this.env), settings, topics: new Topics(settings.topics) };
  }

  /** Beside everything else: an alarm that waited for the database would keep the next one waiting. */
  #drain({ outbox, env, settings }: OpenHall, now: number): void {
    if (outbox.size() === 0) return;
    this.#hall.wakeBy(now + retryAfterMs);
    const write = async (): Promise<void> => {
      const next = await outbox.drain((entry) => writeEvent(env, settings.orgId, entry));
      if (next !== undefined) this.#hall.wakeBy(next);
    };
    this.ctx.waitUntil(write().catch((fault: unknown) => log("error", "room_events_not_written", { fault: describeFault(fault) })));
  }

  #wakeBy(at: number): void {
    const set = this.#clock.wakeBy(at);
    if (set !== undefined) this.ctx.waitUntil(set);
  }

  /** Time never runs backwards here. */
  #now(): number {
    this.#lastNow = Math.max(this.#lastNow, currentTime().getTime());
    return this.#lastNow;
  }
}
