import type { Plan } from "../access/plans.ts";
import { askLimit, newRollingLimit, type RollingLimit } from "../access/rolling-limit.ts";
import { roomLimits, roomPlans } from "./limits.ts";
import type { MessageStore } from "./message-store.ts";

const { windowMs, placesAnAsk, namesAnAsk } = roomLimits;

type Spent = { readonly ok: true } | { readonly ok: false; readonly retryAfterMs: number };

/**
 * What members and the room may still do in this minute. The messages that are kept say what was accepted before a restart, so that one
 * forgives nothing; what was merely asked is forgotten then.
 */
export class Allowances {
  readonly #store: MessageStore;
  readonly #asks = new Map<string, RollingLimit>();
  readonly #connects = new Map<string, RollingLimit>();
  #members = new Map<string, RollingLimit>();
  #room: RollingLimit | undefined;
  #effects: RollingLimit | undefined;
  #plan: Plan | undefined;

  constructor(store: MessageStore) {
    this.#store = store;
  }

  /** One message of an agent; the member's own limit is asked before the room's. */
  spendMessage(plan: Plan, agentId: string, sideEffect: boolean, now: number): Spent {
    const { memberMessages, roomMessages, effects } = roomPlans[plan];
    if (this.#plan !== plan) this.#recall(plan, now);
    this.#room ??= newRollingLimit(roomMessages, windowMs);
    this.#effects ??= newRollingLimit(effects, windowMs);
    const member = this.#members.get(agentId) ?? newRollingLimit(memberMessages, windowMs);
    this.#members.set(agentId, member);
    for (const ring of [member, ...(sideEffect ? [this.#effects] : []), this.#room]) {
      const { accepted, resetMs } = askLimit(ring, now);
      if (!accepted) return { ok: false, retryAfterMs: Math.max(1, resetMs) };
    }
    return { ok: true };
  }

  /** One frame or call of an agent, whatever it asks. */
  spendAsk(plan: Plan, agentId: string, now: number): Spent {
    return spend(this.#asks, agentId, roomLimits.asks + roomPlans[plan].memberMessages, now);
  }

  /** What looks through much of what is kept, counts as more than one ask: a search that finds nothing costs the room the most. */
  chargePlaces(plan: Plan, agentId: string, places: number, now: number): void {
    this.#charge(plan, agentId, Math.floor(places / placesAnAsk), now);
  }

  /** A long list of who is here, too: whoever asks for it and does not read it fills the room's memory. */
  chargeNames(plan: Plan, agentId: string, names: number, now: number): void {
    this.#charge(plan, agentId, Math.floor(names / namesAnAsk), now);
  }

  spendConnect(agentId: string, now: number): Spent {
    return spend(this.#connects, agentId, roomLimits.connects, now);
  }

  /** Forgets the rings of agents that did nothing in the last minute. */
  forget(now: number): void {
    for (const rings of [this.#asks, this.#connects, this.#members])
      for (const [agentId, { times, oldest, inWindow, limit }] of rings)
        if (inWindow === 0 || (times[(oldest + inWindow - 1) % limit] ?? 0) <= now - windowMs) rings.delete(agentId);
  }

  #charge(plan: Plan, agentId: string, asks: number, now: number): void {
    for (let left = asks; left > 0 && this.spendAsk(plan, agentId, now).ok; left -= 1);
  }

  #recall(plan: Plan, now: number): void {
    const { memberMessages, roomMessages, effects } = roomPlans[plan];
    const past = this.#store.publishedSince(now - windowMs, roomMessages);
    const byAgent = Map.groupBy(past, ({ agent }) => agent);
    const timesOf = (rows: readonly { at: number }[]) => rows.map(({ at }) => at);
    this.#plan = plan;
    this.#room = newRollingLimit(roomMessages, windowMs, timesOf(past));
    this.#effects = newRollingLimit(effects, windowMs, timesOf(past.filter(({ sideEffect }) => sideEffect === 1)));
    this.#members = new Map([...byAgent].map(([agentId, rows]) => [agentId, newRollingLimit(memberMessages, windowMs, timesOf(rows))]));
  }
}

function spend(rings: Map<string, RollingLimit>, agentId: string, limit: number, now: number): Spent {
  const known = rings.get(agentId);
  const ring = known?.limit === limit ? known : newRollingLimit(limit, windowMs);
  if (ring !== known) rings.set(agentId, ring);
  const { accepted, resetMs } = askLimit(ring, now);
  return accepted ? { ok: true } : { ok: false, retryAfterMs: Math.max(1, resetMs) };
}
