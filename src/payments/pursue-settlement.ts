import type { ChainFacts, Hints } from "./chain.ts";
import type { SettleReport, Verdict } from "./facilitator.ts";
import type { Refusal } from "./payment.ts";
import { isResolved, mayAsk, weigh, withAsk, type Settlement } from "./settlement.ts";

/** What settling stands on: the chain, the facilitator, the payer's identifiers, the object's own memory, and time. */
export type Ports = {
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<unknown>;
  readonly confirmations: number;
  readonly look: (hints: Hints) => Promise<ChainFacts>;
  readonly verify: () => Promise<Verdict>;
  readonly settle: () => Promise<SettleReport>;
  /** Whether the payer's identifier is this payment's. Throws where that cannot be told. */
  readonly claimIdentifier: () => Promise<boolean>;
  /** Durable before it answers. */
  readonly keep: (settlement: Settlement) => Promise<void>;
};

export type Opened =
  | { readonly ok: true; readonly settlement: Settlement; readonly facts: ChainFacts }
  /** Nothing was asked of anybody, so nothing was taken; `undefined`: something that must be known is out of reach. */
  | { readonly ok: false; readonly refusal: Refusal | undefined; readonly detail: string };

/** A transaction is never in a block before the one at which the nonce was still free; a little earlier, where nodes differ. */
const nodesDifferBy = 16;

/** Finds out whether a payment that was never asked for can be. Takes nothing, and keeps nothing. */
export async function openSettlement(draft: Settlement, ports: Ports): Promise<Opened> {
  const [facts, verdict] = await Promise.all([ports.look({ sinceBlock: 0 }), ports.verify()]);
  const refuse = (refusal: Refusal | undefined, detail: string): Opened => ({ ok: false, refusal, detail });
  if (facts.state === "unknown") return refuse(undefined, facts.detail);
  // Used before we asked: for somebody else's request, or one of ours that has long been answered and forgotten.
  if (facts.state !== "unused") return refuse("already_used", facts.state);
  if (facts.expired) return refuse("expired", "by the chain's time");
  if (verdict.kind === "unavailable") return refuse(undefined, `the facilitator: ${verdict.reason}`);
  if (verdict.kind === "invalid") return refuse("not_accepted", verdict.reason);
  if (!(await ports.claimIdentifier())) return refuse("identifier_taken", "another payment has it");
  return { ok: true, facts, settlement: { ...draft, sinceBlock: Math.max(0, facts.head.block - nodesDifferBy) } };
}

export type Pursuit = {
  /** When to stop, in milliseconds since 1970. */
  readonly until: number;
  /** Whether to settle what is free: not where nobody waits for what it pays for. */
  readonly ask: boolean;
  /** What the chain has just said. */
  readonly facts?: ChainFacts;
};

const [firstPauseMs, longestPauseMs] = [250, 2_000];
/** So many times in a row may the chain be silent. */
const mostSilences = 3;

/**
 * Brings a settlement as far as it comes: looks at the chain, settles what is free, and looks again, until the outcome is certain or it is
 * time to stop. Each new state is kept before anything follows from it.
 */
export async function pursueSettlement(start: Settlement, ports: Ports, { until, ask, facts: known }: Pursuit): Promise<Settlement> {
  let settlement = start;
  let facts = known;
  let [silences, pauseMs, failed] = [0, firstPauseMs, false];
  const become = async (next: Settlement): Promise<void> => {
    if (next !== settlement) await ports.keep(next);
    settlement = next;
  };
  for (;;) {
    facts ??= await ports.look({ sinceBlock: settlement.sinceBlock, transaction: hintOf(settlement) });
    await become(weigh(settlement, facts, ports.confirmations, ports.now()));
    if (isResolved(settlement, ports.now())) return settlement;
    silences = facts.state === "unknown" ? silences + 1 : 0;
    if (ask && isFree(facts) && mayAsk(settlement, ports.now())) {
      await become(withAsk(settlement, ports.now()));
      const report = await ports.settle();
      failed = report.kind === "failed";
      if (report.transaction !== undefined)
        await become({ ...settlement, asked: { ...settlement.asked, transaction: report.transaction } });
    } else {
      if (silences >= mostSilences || (failed && isFree(facts)) || ports.now() + pauseMs > until) return settlement;
      await ports.wait(pauseMs);
      pauseMs = Math.min(2 * pauseMs, longestPauseMs);
    }
    facts = undefined;
  }
}

const isFree = (facts: ChainFacts): boolean => facts.state === "unused" && !facts.expired;

const hintOf = ({ asked, outcome }: Settlement): string | undefined =>
  asked.transaction ?? (outcome.state === "settled" ? outcome.transaction : undefined);
