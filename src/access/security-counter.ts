import type { SecurityEventKind } from "../db/schema/security-events.ts";
import type { GateStore, SecurityCount } from "./gate-store.ts";
import { minuteOf } from "./security-event.ts";

const minuteMs = 60_000;

/**
 * Sums security events per kind, credential and minute. A count is kept durably at each power of two, so a flood costs
 * a handful of writes and a restart loses less than half of a minute's count, never the fact.
 */
export class SecurityCounter {
  readonly #store: GateStore;
  readonly #counts: Map<string, SecurityCount>;

  constructor(store: GateStore) {
    this.#store = store;
    this.#counts = new Map(store.security().map((row) => [keyOf(row), row]));
  }

  /** Counts one event; returns when its minute is due to be handed over, if this was the first of it. */
  count(kind: SecurityEventKind, credential: string, nowMs: number): number | undefined {
    const row = { kind, credential, minute: minuteOf(nowMs) };
    const count = (this.#counts.get(keyOf(row))?.count ?? 0) + 1;
    this.#counts.set(keyOf(row), { ...row, count });
    if ((count & (count - 1)) === 0) this.#store.keepSecurity({ ...row, count });
    return count === 1 ? row.minute + minuteMs : undefined;
  }

  /** The sums of minutes that have ended. */
  due(nowMs: number): SecurityCount[] {
    return [...this.#counts.values()].filter(({ minute }) => minute < minuteOf(nowMs));
  }

  /** Forgets what was handed over. */
  drop(nowMs: number): void {
    for (const row of this.due(nowMs)) this.#counts.delete(keyOf(row));
    this.#store.forgetSecurityBefore(minuteOf(nowMs));
  }

  /** When the next minute is due, if any is waiting. */
  nextDue(): number | undefined {
    const minutes = [...this.#counts.values()].map(({ minute }) => minute + minuteMs);
    return minutes.length === 0 ? undefined : Math.min(...minutes);
  }
}

const keyOf = (row: Pick<SecurityCount, "kind" | "credential" | "minute">): string => `${row.minute}|${row.kind}|${row.credential}`;
