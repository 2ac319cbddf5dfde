import { DurableObject } from "cloudflare:workers";
import type { Bindings } from "../../env.ts";
import type { Proposal, Settled, Standing, Verdict } from "../../grants/ledger.ts";
import { ledgerStore } from "../../grants/ledger-store.ts";
import type { GrantMode } from "../../grants/mode.ts";
import { propose } from "../../grants/propose.ts";
import { currentTime } from "../../platform/clock.ts";

/**
 * One per grant: the only place where its budget is counted and its invocations are decided. Each call is one turn with no pause in it, so
 * nothing is overspent however many come at once; and what it wrote is durable before it answers.
 */
export class GrantLedger extends DurableObject<Bindings> {
  readonly #store = ledgerStore(this.ctx.storage);

  /** Decides over one invocation, and reserves what it may use. */
  propose(proposal: Proposal): Verdict {
    return this.ctx.storage.transactionSync(() => propose(this.#store, proposal, this.#now()));
  }

  /** Says what came of what was reserved. A repetition changes nothing. */
  settle(invocationId: string, settled: Settled): void {
    this.ctx.storage.transactionSync(() => {
      if (settled === "spent") this.#store.spend(invocationId);
      else if (settled === "released") this.#store.release(invocationId, this.#now());
      else this.#store.keepUnknown(invocationId, this.#now());
    });
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

  readonly #now = (): number => currentTime().getTime();
}
