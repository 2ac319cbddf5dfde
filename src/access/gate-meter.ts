import type { GateStore } from "./gate-store.ts";
import { plans, type Plan } from "./plans.ts";
import { acceptTimes, askLimit, newRollingLimit, restoreAcceptTimes, type LimitAnswer, type RollingLimit } from "./rolling-limit.ts";

const windowMs = 60_000;

/** What an organization uses: its plan's limit over any minute, and when each credential was last used. */
export class GateMeter {
  readonly #store: GateStore;
  readonly #lastUsed: Map<string, number>;
  readonly #unsavedUse = new Set<string>();
  #ring: RollingLimit | undefined;
  /** Accepts left of the block that was last written as used. */
  #blockLeft = 0;

  constructor(store: GateStore) {
    this.#store = store;
    this.#lastUsed = store.lastUsed();
  }

  /** Asks for one request of the plan's. */
  ask(plan: Plan, now: number): LimitAnswer {
    const { requestsPerMinute: limit } = plans[plan];
    if (this.#ring?.limit !== limit) {
      const past = this.#ring === undefined ? restoreAcceptTimes(this.#store.blocks(), now) : acceptTimes(this.#ring);
      this.#ring = newRollingLimit(limit, windowMs, past);
    }
    const answer = askLimit(this.#ring, now);
    if (answer.accepted) this.#spendOfBlock(Math.max(1, Math.floor(limit / 60)), now);
    return answer;
  }

  /** A key or a member was used. */
  use(name: string, now: number): void {
    this.#lastUsed.set(name, now);
    this.#unsavedUse.add(name);
  }

  /** When one, or each, was last used, in milliseconds; at most about a second of use is lost in a restart. */
  lastUsed(name?: string): Record<string, number> {
    return Object.fromEntries([...this.#lastUsed].filter(([known]) => name === undefined || known === name));
  }

  lastUsedAt(name: string): number | undefined {
    return this.#lastUsed.get(name);
  }

  /** A block is written as used before its first accept leaves this object: the output gate holds the answer until the write is safe. */
  #spendOfBlock(size: number, now: number): void {
    if (this.#blockLeft === 0) {
      this.#store.addBlock(now, size);
      this.#blockLeft = size;
      for (const name of this.#unsavedUse) this.#store.keepLastUsed(name, this.#lastUsed.get(name) ?? now);
      this.#unsavedUse.clear();
    }
    this.#blockLeft -= 1;
  }
}
