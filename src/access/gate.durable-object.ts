import { DurableObject } from "cloudflare:workers";
import { requireEnvironment, type Bindings } from "../env.ts";
import { describeFault } from "../platform/describe-fault.ts";
import { currentTime } from "../platform/clock.ts";
import { log } from "../platform/logger.ts";
import type { Admission, AdmitRequest, Refusal } from "./admission.ts";
import { GateStore, type Restriction } from "./gate-store.ts";
import { findKey, isAgentActive, recordSecurityEvents, settleRestriction } from "./gate-queries.ts";
import { endOfTokens, GateWatches, retryAfterMs, tellRooms, type Watch, type WatchAnswer } from "./gate-watches.ts";
import { decideIdempotency, idempotencyKeptMs, type IdempotencyRequest, type IdempotencyState } from "./idempotency.ts";
import { decideKey, type KeyRecord } from "./key-record.ts";
import { plans, type Plan } from "./plans.ts";
import { acceptTimes, askLimit, newRollingLimit, restoreAcceptTimes, type LimitAnswer, type RollingLimit } from "./rolling-limit.ts";
import { SecurityCounter } from "./security-counter.ts";
import { UsageCounter, type DayOfUse } from "./usage-counter.ts";

type Organization = { readonly plan: Plan; readonly wrappedDataKey: string };
type Known = { readonly record: KeyRecord | undefined; readonly loadedAt: number };

const windowMs = 60_000;
/** How long the database's word on a key is taken without asking again; revocations do not wait for it. */
const knownForMs = 60_000;
const reconcileAfterMs = 60_000;
const saveUsageAfterMs = 30_000;

/** One per organization: the only place where its credentials, limits and idempotency keys are decided. */
export class Gate extends DurableObject<Bindings> {
  readonly #store = new GateStore(this.ctx.storage);
  readonly #keys = new Map<string, Known>();
  readonly #loading = new Map<string, Promise<KeyRecord | undefined>>();
  readonly #restrictions = new Map<string, Restriction>(this.#store.restrictions().map((row) => [row.keyId, row]));
  readonly #watches = new GateWatches(this.ctx.storage.sql);
  readonly #security = new SecurityCounter(this.#store);
  readonly #usage = new UsageCounter(this.ctx.storage.sql);
  readonly #lastUsed = this.#store.lastUsed();
  readonly #unsavedUse = new Set<string>();
  #organization: Organization | undefined;
  #ring: RollingLimit | undefined;
  /** Accepts left of the block that was last written as used. */
  #blockLeft = 0;
  #lastNow = 0;
  #generation = 0;
  #orgId = this.ctx.storage.kv.get<string>("orgId");

  /** Answers in the JSON of an Admission or a Refusal. */
  async admit(request: AdmitRequest): Promise<string> {
    return JSON.stringify(await this.#decide(request));
  }

  async #decide(request: AdmitRequest): Promise<Admission | Refusal> {
    const { keyId, claim } = request;
    this.#serve(request.orgId);
    const record = await this.#recordOf(request.orgId, keyId);
    const now = this.#now();
    const decision = decideKey(this.#restricted(keyId, record), claim, now);
    if (!decision.ok) return this.#refuse(keyId, decision, now);
    const organization = this.#organization;
    if (organization === undefined) throw new Error("the gate knows a key but not its organization");

    const limit = this.#askLimit(organization.plan, now);
    if (!limit.accepted) return { ...this.#refuse(keyId, { reason: "rate_limited", blocker: `over ${limit.limit} a minute` }, now), limit };
    this.#countUse("accepted", now);
    this.#lastUsed.set(keyId, now);
    this.#unsavedUse.add(keyId);
    if (request.durable) this.#store.touch(now);
    const idempotency = request.idempotency === null ? null : this.#askIdempotency(`key:${keyId}`, request.idempotency, now);
    return { ok: true, grant: decision.grant, plan: organization.plan, wrappedDataKey: organization.wrappedDataKey, limit, idempotency };
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
    return this.#lastUsed.get(row.keyId);
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
      this.#recordOf(orgId, pair.keyId),
      isAgentActive(requireEnvironment(this.env), orgId, pair.agentId),
    ]);
    const now = this.#now();
    const key = this.#restricted(pair.keyId, record);
    const acts = key !== undefined && (key.agentId === null || key.agentId === pair.agentId);
    if (!acts || (key.diesAt !== null && key.diesAt <= now)) return { ok: false, reason: "key" };
    if (!active || this.#watches.hasEnded(pair.agentId, now)) return { ok: false, reason: "agent" };
    return { ok: true, diesAt: key.diesAt, watchedUntil };
  }

  /** Forgets what was read of the organization (its plan, its keys), so that the next request reads it anew. */
  forget(): void {
    this.#generation += 1;
    this.#loading.clear();
    this.#keys.clear();
    this.#organization = undefined;
  }

  /** When one key, or each, was last used, in milliseconds; at most about a second of use is lost in a restart. */
  lastUsed(keyId?: string): Record<string, number> {
    return Object.fromEntries([...this.#lastUsed].filter(([known]) => keyId === undefined || known === keyId));
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
    const oldest = this.#store.forgetIdempotencyBefore(now - idempotencyKeptMs);
    const next = [
      this.#security.nextDue(),
      ...[...this.#restrictions.values()].map(({ since }) => since + reconcileAfterMs),
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

  async #recordOf(orgId: string, keyId: string): Promise<KeyRecord | undefined> {
    const known = this.#keys.get(keyId);
    const fresh = known !== undefined && this.#organization !== undefined && known.loadedAt > this.#now() - knownForMs;
    return fresh ? known.record : this.#loadOnce(orgId, keyId);
  }

  /** Requests that wait for the same key wait for one look-up. */
  async #loadOnce(orgId: string, keyId: string): Promise<KeyRecord | undefined> {
    const loading = this.#loading.get(keyId) ?? this.#load(orgId, keyId);
    this.#loading.set(keyId, loading);
    try {
      return await loading;
    } finally {
      if (this.#loading.get(keyId) === loading) this.#loading.delete(keyId);
    }
  }

  async #load(orgId: string, keyId: string): Promise<KeyRecord | undefined> {
    const generation = this.#generation;
    const found = await findKey(requireEnvironment(this.env), orgId, keyId);
    if (generation === this.#generation) {
      this.#organization = found.organization;
      this.#keys.set(keyId, { record: found.record, loadedAt: this.#now() });
    } else if (this.#organization === undefined) {
      this.#organization = found.organization;
    }
    return found.record;
  }

  #askLimit(plan: Plan, now: number): LimitAnswer {
    const { requestsPerMinute: limit } = plans[plan];
    if (this.#ring?.limit !== limit) {
      const past = this.#ring === undefined ? restoreAcceptTimes(this.#store.blocks(), now) : acceptTimes(this.#ring);
      this.#ring = newRollingLimit(limit, windowMs, past);
    }
    const answer = askLimit(this.#ring, now);
    if (answer.accepted) this.#spendOfBlock(Math.max(1, Math.floor(limit / 60)), now);
    return answer;
  }

  /** A block is written as used before its first accept leaves this object: the output gate holds the answer until the write is safe. */
  #spendOfBlock(size: number, now: number): void {
    if (this.#blockLeft === 0) {
      this.#store.addBlock(now, size);
      this.#blockLeft = size;
      for (const keyId of this.#unsavedUse) this.#store.keepLastUsed(keyId, this.#lastUsed.get(keyId) ?? now);
      this.#unsavedUse.clear();
    }
    this.#blockLeft -= 1;
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

  #refuse(keyId: string, { reason, blocker }: Omit<Refusal, "ok">, now: number): Refusal {
    this.#countUse("refused", now);
    const due = this.#security.count(reason, keyId, now);
    if (due !== undefined) this.ctx.waitUntil(this.#wakeBy(due));
    return { ok: false, reason, blocker };
  }

  /** An alarm has no caller to tell it whose gate this is. */
  #serve(orgId: string): void {
    if (this.#orgId === orgId) return;
    this.ctx.storage.kv.put("orgId", orgId);
    this.#orgId = orgId;
  }

  async #wakeBy(at: number): Promise<void> {
    const set = await this.ctx.storage.getAlarm();
    if (set === null || set > at) await this.ctx.storage.setAlarm(at);
  }
}
