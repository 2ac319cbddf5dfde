import { DurableObject } from "cloudflare:workers";
import { requireEnvironment, type Bindings } from "../env.ts";
import { describeFault } from "../platform/describe-fault.ts";
import { currentTime } from "../platform/clock.ts";
import { log } from "../platform/logger.ts";
import type { Admission, AdmitRequest, Metered, Refusal } from "./admission.ts";
import { GateMeter } from "./gate-meter.ts";
import { GateStore, type Restriction } from "./gate-store.ts";
import { GatePeople, type NewSessionRecord } from "./gate-people.ts";
import { findKey, findMember, isAgentActive, recordSecurityEvents, settleMember, settleRestriction } from "./gate-queries.ts";
import { endOfTokens, GateWatches, retryAfterMs, tellRooms, type Watch, type WatchAnswer } from "./gate-watches.ts";
import { decideIdempotency, idempotencyKeptMs, type IdempotencyRequest, type IdempotencyState } from "./idempotency.ts";
import { decideKey, type KeyRecord } from "./key-record.ts";
import { Lookups, type KnownOrganization, type Organization } from "./lookups.ts";
import type { MemberRecord, PersonClaim } from "./person-record.ts";
import type { Role } from "./roles.ts";
import { SecurityCounter } from "./security-counter.ts";
import { UsageCounter, type DayOfUse } from "./usage-counter.ts";

const reconcileAfterMs = 60_000;
/** An object that nobody asks leaves memory after ten seconds, and what it has not saved with it. */
const saveUsageAfterMs = 5_000;

/** One per organization: the only place where its credentials, limits and idempotency keys are decided. */
export class Gate extends DurableObject<Bindings> {
  readonly #store = new GateStore(this.ctx.storage);
  readonly #known: KnownOrganization = { organization: undefined };
  readonly #keys = new Lookups<KeyRecord>(
    this.#known,
    () => this.#now(),
    (orgId, keyId) => findKey(requireEnvironment(this.env), orgId, keyId),
  );
  readonly #members = new Lookups<MemberRecord>(
    this.#known,
    () => this.#now(),
    (orgId, name) => findMember(requireEnvironment(this.env), orgId, name),
  );
  readonly #people = new GatePeople(this.ctx.storage.sql, this.#members, () => this.#now());
  readonly #restrictions = new Map<string, Restriction>(this.#store.restrictions().map((row) => [row.keyId, row]));
  readonly #watches = new GateWatches(this.ctx.storage.sql);
  readonly #security = new SecurityCounter(this.#store);
  readonly #meter = new GateMeter(this.#store);
  readonly #usage = new UsageCounter(this.ctx.storage.sql);
  #waking: Promise<void> = Promise.resolve();
  #lastNow = 0;
  #orgId = this.ctx.storage.kv.get<string>("orgId");

  /** Answers in the JSON of an Admission or a Refusal. */
  async admit(request: AdmitRequest): Promise<string> {
    return JSON.stringify(await this.#decide(request));
  }

  async #decide(request: AdmitRequest): Promise<Admission | Refusal> {
    this.#serve(request.orgId);
    if (request.person !== undefined) return this.#decidePerson(request, request.person);
    const { keyId, claim } = request;
    const record = await this.#keys.get(request.orgId, keyId);
    const now = this.#now();
    const decision = decideKey(this.#restricted(keyId, record), claim, now);
    if (!decision.ok) return this.#refuse(keyId, decision, now);
    const admitted = this.#meterOne(request, keyId, `key:${keyId}`, now);
    return admitted.ok ? { ...admitted, grant: decision.grant } : admitted;
  }

  async #decidePerson(request: AdmitRequest, claim: PersonClaim): Promise<Admission | Refusal> {
    const { name, decision } = await this.#people.judge(request.orgId, claim);
    const now = this.#now();
    if (!decision.ok) return this.#refuse(name, decision, now);
    const admitted = this.#meterOne(request, name, `member:${name}`, now);
    return admitted.ok ? { ...admitted, person: { ...decision.grant, environment: this.#organization().environment } } : admitted;
  }

  /** Limits and idempotency, for whoever has proved who it is. */
  #meterOne({ durable, idempotency }: AdmitRequest, name: string, actor: string, now: number): Metered | Refusal {
    const { plan, wrappedDataKey } = this.#organization();
    const limit = this.#meter.ask(plan, now);
    if (!limit.accepted) return { ...this.#refuse(name, { reason: "rate_limited", blocker: `over ${limit.limit} a minute` }, now), limit };
    this.#countUse("accepted", now);
    this.#meter.use(name, now);
    if (durable) this.#store.touch(now);
    const state = idempotency === null ? null : this.#askIdempotency(actor, idempotency, now);
    return { ok: true, plan, wrappedDataKey, limit, idempotency: state };
  }

  /** Ends an idempotent request: `done` once its change is committed, otherwise the lease is given back. */
  endIdempotent(actor: string, { operation, key }: Pick<IdempotencyRequest, "operation" | "key">, done: boolean): void {
    this.#store.endIdempotency(actor, operation, key, done);
  }

  /**
   * From the moment this has answered, the key is dead at `diesAt` for every request anywhere, whatever the database says, and rooms have put
   * out whom it let in; those out of reach are told again until they have. Returns when the key was last used, in milliseconds.
   */
  async restrictKey(orgId: string, restriction: Omit<Restriction, "since">): Promise<number | undefined> {
    this.#serve(orgId);
    const row = this.#store.restrict({ ...restriction, since: this.#now() });
    this.#restrictions.set(row.keyId, row);
    await this.#wakeBy(row.since + reconcileAfterMs);
    const { diesAt } = row;
    this.#watches.end({ kind: "key", id: row.keyId, from: diesAt, until: endOfTokens(Math.max(diesAt, row.since)) });
    await this.#tellRooms();
    return this.#meter.lastUsedAt(row.keyId);
  }

  /** The same for an agent that is about to be archived: no room lets it in any more, unless it is found active once its tokens are gone. */
  async endAgent(orgId: string, agentId: string): Promise<void> {
    this.#serve(orgId);
    this.#watches.end({ kind: "archived_agent", id: agentId, until: endOfTokens(this.#now()) });
    await this.#tellRooms();
  }

  /** A room asks whether a key and an agent live, and is told when they end: it is remembered before anything is looked up. */
  async watch({ orgId, ...pair }: Watch & { readonly orgId: string }): Promise<WatchAnswer> {
    this.#serve(orgId);
    const watchedUntil = this.#watches.add(pair, this.#now());
    const [record, active] = await Promise.all([
      this.#keys.get(orgId, pair.keyId),
      isAgentActive(requireEnvironment(this.env), orgId, pair.agentId),
    ]);
    const now = this.#now();
    const key = this.#restricted(pair.keyId, record);
    const acts = key !== undefined && (key.agentId === null || key.agentId === pair.agentId);
    if (!acts || (key.diesAt !== null && key.diesAt <= now)) return { ok: false, reason: "key" };
    if (!active || this.#watches.hasEnded(pair.agentId, now)) return { ok: false, reason: "agent" };
    return { ok: true, diesAt: key.diesAt, watchedUntil };
  }

  /** A member has signed in here: whoever shows the secret acts as that member, until the session ends. */
  startSession(orgId: string, session: NewSessionRecord): void {
    this.#serve(orgId);
    this.#people.start(session);
  }

  /** From the moment this has answered, the session is dead. */
  endSession(orgId: string, sessionId: string): void {
    this.#serve(orgId);
    this.#people.end(sessionId);
  }

  /**
   * From the moment this has answered, the member's sessions are dead, whatever the database says; an end that it missed is made up for.
   * Answers by what liftMember takes it back.
   */
  async endMember(orgId: string, memberId: string): Promise<number> {
    return this.#changeMember(orgId, memberId, null);
  }

  /**
   * From the moment this has answered, the member has no more rights than the role's. What a role adds comes once the database has it, and is
   * held back for a minute where less was said just before. To be called once more for a member whom the database has got anew.
   */
  async changeMember(orgId: string, memberId: string, role: Role): Promise<number> {
    return this.#changeMember(orgId, memberId, role);
  }

  /** The database has refused what was said of the member then: its word holds again, but for what others have said. */
  liftMember(orgId: string, memberId: string, since: number): void {
    this.#serve(orgId);
    this.#people.lift(memberId, since);
  }

  async #changeMember(orgId: string, memberId: string, ceiling: Role | null): Promise<number> {
    this.#serve(orgId);
    const { since } = this.#people.change(memberId, ceiling);
    await this.#wakeBy(since + reconcileAfterMs);
    return since;
  }

  /** Forgets what was read of the organization (its plan, its keys, its people), so that the next request reads it anew. */
  forget(): void {
    this.#keys.forget();
    this.#members.forget();
    this.#known.organization = undefined;
  }

  /** When one key or member, or each, was last used, in milliseconds; at most about a second of use is lost in a restart. */
  lastUsed(name?: string): Record<string, number> {
    return this.#meter.lastUsed(name);
  }

  /** Requests by day, of the last so many days, the newest first. */
  usage(days: number): DayOfUse[] {
    return this.#usage.days(this.#now(), days);
  }

  /** Answers, for /ready. */
  ping(): true {
    return true;
  }

  /** The platform gives up on an alarm that keeps failing: where the database is away, this one asks to be woken again. */
  override async alarm(): Promise<void> {
    this.#usage.save();
    await this.#tellRooms();
    try {
      await this.#settle();
    } catch (fault) {
      log("error", "gate_not_settled", { fault: describeFault(fault) });
      await this.#wakeBy(this.#now() + reconcileAfterMs);
    }
  }

  /** Hands security counts to the database, settles restrictions that the database may lack, drops what is old. */
  async #settle(): Promise<void> {
    const orgId = this.#orgId;
    if (orgId === undefined) throw new Error("the gate does not know whose it is");
    const env = requireEnvironment(this.env);
    const now = this.#now();
    this.#watches.forget(now);
    await recordSecurityEvents(env, orgId, this.#security.due(now));
    this.#security.drop(now);
    for (const row of [...this.#restrictions.values()].filter(({ since }) => since <= now - reconcileAfterMs)) {
      if (this.#restrictions.get(row.keyId) === row) await settleRestriction(env, orgId, row, currentTime());
      // A restriction that came meanwhile is another one: it is not settled yet.
      if (this.#restrictions.get(row.keyId) !== row) continue;
      this.#restrictions.delete(row.keyId);
      this.#store.lift(row.keyId);
      this.forget();
    }
    for (const change of this.#people.changes().filter(({ since }) => since <= now - reconcileAfterMs)) {
      await settleMember(env, orgId, change, currentTime());
      this.#people.settled(change);
    }
    const oldest = this.#store.forgetIdempotencyBefore(now - idempotencyKeptMs);
    const next = [
      this.#security.nextDue(),
      ...[...this.#restrictions.values(), ...this.#people.changes()].map(({ since }) => since + reconcileAfterMs),
      oldest === undefined ? undefined : Math.max(oldest + idempotencyKeptMs, now + 1000),
    ].filter((at) => at !== undefined);
    if (next.length > 0) await this.#wakeBy(Math.min(...next));
  }

  /** Time never runs backwards here, so neither does the window. */
  #now(): number {
    this.#lastNow = Math.max(this.#lastNow, currentTime().getTime());
    return this.#lastNow;
  }

  #restricted(keyId: string, record: KeyRecord | undefined): KeyRecord | undefined {
    const restriction = this.#restrictions.get(keyId);
    if (record === undefined || restriction === undefined) return record;
    return { ...record, diesAt: Math.min(record.diesAt ?? Infinity, restriction.diesAt) };
  }

  async #tellRooms(): Promise<void> {
    const left = await tellRooms(requireEnvironment(this.env), this.#watches);
    if (left > 0) await this.#wakeBy(this.#now() + retryAfterMs);
  }

  #organization(): Organization {
    const { organization } = this.#known;
    if (organization === undefined) throw new Error("the gate knows a credential but not its organization");
    return organization;
  }

  #countUse(outcome: "accepted" | "refused", now: number): void {
    if (this.#usage.count(outcome, now)) this.ctx.waitUntil(this.#wakeBy(now + saveUsageAfterMs));
  }

  #askIdempotency(actor: string, request: IdempotencyRequest, now: number): IdempotencyState {
    const state = decideIdempotency(this.#store.idempotency(actor, request.operation, request.key), request.fingerprint, now);
    if (state === "fresh" || state === "look_first") {
      this.#store.openIdempotency(actor, request.operation, request.key, request.fingerprint, now);
      this.ctx.waitUntil(this.#wakeBy(now + idempotencyKeptMs));
    }
    return state;
  }

  #refuse(name: string, { reason, blocker }: Omit<Refusal, "ok">, now: number): Refusal {
    this.#countUse("refused", now);
    const due = this.#security.count(reason === "person_needed" ? "scope_denied" : reason, name, now);
    if (due !== undefined) this.ctx.waitUntil(this.#wakeBy(due));
    return { ok: false, reason, blocker };
  }

  /** An alarm has no caller to tell it whose gate this is. */
  #serve(orgId: string): void {
    if (this.#orgId === orgId) return;
    this.ctx.storage.kv.put("orgId", orgId);
    this.#orgId = orgId;
  }

  /** One after the other: two at once would both see no alarm, and the later of their times could stand. */
  #wakeBy(at: number): Promise<void> {
    this.#waking = this.#wakeAfter(this.#waking, at);
    return this.#waking;
  }

  async #wakeAfter(earlier: Promise<void>, at: number): Promise<void> {
    await Promise.allSettled([earlier]);
    const set = await this.ctx.storage.getAlarm();
    if (set === null || set > at) await this.ctx.storage.setAlarm(at);
  }
}
