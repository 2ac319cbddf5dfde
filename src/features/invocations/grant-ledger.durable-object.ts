import { DurableObject } from "cloudflare:workers";
import { requireEnvironment, type Bindings } from "../../env.ts";
import type { Proposal, Settled, Standing, Verdict } from "../../grants/ledger.ts";
import { ledgerStore } from "../../grants/ledger-store.ts";
import type { GrantMode } from "../../grants/mode.ts";
import { propose } from "../../grants/propose.ts";
import { currentTime } from "../../platform/clock.ts";
import { describeFault } from "../../platform/describe-fault.ts";
import { log } from "../../platform/logger.ts";
import { recoverInvocation } from "./recover-invocation.ts";

/** An alarm recovers so many, and another one the next. */
const mostAtOnce = 20;
/** After the first failure of a recovery, then after twice as long, up to the longest. */
const [firstRetryMs, longestRetryMs] = [30_000, 3_600_000];

/**
 * One per grant: the only place where its budget is counted and its invocations are decided. Each call is one turn with no pause in it, so
 * nothing is overspent however many come at once; and what it wrote is durable before it answers.
 */
export class GrantLedger extends DurableObject<Bindings> {
  readonly #store = ledgerStore(this.ctx.storage);
  /** When the alarm is set for, as far as this instance knows: never later than the next deadline. */
  #alarmAt: number | undefined;

  /** Decides over one invocation, and reserves what it may use. */
  propose(proposal: Proposal): Verdict {
    const verdict = this.ctx.storage.transactionSync(() => propose(this.#store, proposal, this.#now()));
    if (verdict.reserved) this.#wake();
    return verdict;
  }

  /** Says what came of what was reserved. A repetition changes nothing. */
  settle(invocationId: string, settled: Settled): void {
    this.ctx.storage.transactionSync(() => {
      if (settled === "spent") this.#store.spend(invocationId, this.#now());
      else if (settled === "released") this.#store.release(invocationId, this.#now());
      else this.#store.keepUnknown(invocationId, this.#now());
    });
  }

  /** Says that nothing was sent of what was reserved, and that nothing will be: its key is free at once, its budget once it is recovered. */
  unsent(invocationId: string): void {
    this.#store.markUnsent(invocationId);
  }

  /** From the next proposal on, everything is denied. Durable when this returns, and never taken back. */
  revoke(): void {
    this.#store.revoke();
  }

  /** How the grant stands now. */
  standing(): Standing {
    const counters = (mode: GrantMode) => this.#store.counters(mode, undefined, this.#now());
    return {
      isRevoked: this.#store.isRevoked(),
      unsettled: this.#store.unsettled(),
      counters: { simulation: counters("simulation"), production: counters("production") },
    };
  }

  /** Finds out what came of what nobody settled in time. */
  override async alarm(): Promise<void> {
    this.#alarmAt = undefined;
    for (const { attempts, ...overdue } of this.#store.overdue(this.#now(), mostAtOnce)) {
      const { invocationId } = overdue;
      try {
        this.settle(invocationId, await recoverInvocation(requireEnvironment(this.env), overdue));
      } catch (fault) {
        log("error", "invocation_not_recovered", { invocationId, fault: describeFault(fault) });
        this.#store.postpone(invocationId, this.#now() + Math.min(longestRetryMs, firstRetryMs * 2 ** attempts));
      }
    }
    this.#wake();
  }

  #wake(): void {
    const next = this.#store.nextDeadline();
    if (next === undefined || (this.#alarmAt !== undefined && this.#alarmAt <= next)) return;
    this.#alarmAt = next;
    this.ctx.waitUntil(this.ctx.storage.setAlarm(next));
  }

  readonly #now = (): number => currentTime().getTime();
}
