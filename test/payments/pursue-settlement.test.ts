import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChainFacts } from "../../src/payments/chain.ts";
import type { SettleReport } from "../../src/payments/facilitator.ts";
import type { PresentedPayment } from "../../src/payments/payment.ts";
import { pursueSettlement, type Ports } from "../../src/payments/pursue-settlement.ts";
import { bind, forgottenAt, nextStep, wakesAt, withAsk, withEnd, withLease, type Settlement } from "../../src/payments/settlement.ts";

const start = 1_800_000_000_000;
const terms: PresentedPayment = {
  network: "eip155:84532",
  asset: `0x${"a".repeat(40)}`,
  payer: `0x${"b".repeat(40)}`,
  nonce: `0x${"c".repeat(64)}`,
  amount: "1000",
  payTo: `0x${"d".repeat(40)}`,
  validAfter: 0,
  isOffered: true,
  validBefore: start / 1000 + 300,
  payload: "{}",
  payloadDigest: "",
  requirements: {
    scheme: "exact",
    network: "eip155:84532",
    amount: "1000",
    asset: `0x${"a".repeat(40)}`,
    payTo: `0x${"d".repeat(40)}`,
    maxTimeoutSeconds: 300,
    extra: { name: "USDC", version: "2" },
  },
};
const asked = { fingerprint: "sha256:a", operation: "scores.get", method: "GET", url: "https://x.test/", sellable: true };

/** What can happen at each turn: what the facilitator does, whether the node answers, whether the chain is reorganized or the payer cancels. */
const turns = fc.array(
  fc.record({
    settle: fc.constantFrom("honest", "lies", "denies", "silent", "idle", "denies idly"),
    node: fc.constantFrom("well", "well", "well", "away"),
    accident: fc.constantFrom("none", "none", "none", "none", "none", "none", "reorganized", "cancelled"),
    passes: fc.integer({ min: 0, max: 60_000 }),
  }),
  { minLength: 1, maxLength: 40 },
);
type Turn = typeof turns extends fc.Arbitrary<(infer T)[]> ? T : never;

/** A payment, a chain and a clock, with everything that was kept and asked in order. */
class Model implements Ports {
  time = start;
  block = 100;
  paidIn: number | undefined;
  cancelled = false;
  debits = 0;
  /** When the node last told of it as confirmed. */
  seenAt = -Infinity;
  kept: Settlement[] = [];
  askedBeforeKept = false;
  readonly #turns: Iterator<Turn>;
  readonly confirmations: number;

  constructor(plan: readonly Turn[], confirmations: number) {
    this.#turns = plan[Symbol.iterator]();
    this.confirmations = confirmations;
  }

  #turn(): Turn {
    const next = this.#turns.next();
    const turn: Turn = next.done === true ? { settle: "honest", node: "well", accident: "none", passes: 1_000 } : next.value;
    this.time += turn.passes;
    this.block += 1;
    if (turn.accident === "reorganized") this.paidIn = undefined;
    if (turn.accident === "cancelled" && this.paidIn === undefined) this.cancelled = true;
    return turn;
  }

  isOver = (): boolean => this.time / 1000 >= terms.validBefore;
  isConfirmed = (): boolean => this.paidIn !== undefined && this.block - this.paidIn + 1 >= this.confirmations;

  now = (): number => this.time;
  wait = async (ms: number): Promise<void> => {
    this.time += ms;
    this.block += 1;
  };
  keep = async (next: Settlement): Promise<void> => void this.kept.push(next);
  verify = async () => ({ kind: "valid" }) as const;
  claimIdentifier = async (): Promise<boolean> => true;

  look = async (): Promise<ChainFacts> => {
    const { node } = this.#turn();
    const head = { block: this.block, time: Math.floor(this.time / 1000) };
    if (node === "away") return { state: "unknown", detail: "away" };
    if (this.cancelled) return { state: "spent", head, confirmations: this.confirmations };
    if (this.paidIn === undefined) return { state: "unused", head, expired: this.isOver() };
    if (this.isConfirmed()) this.seenAt = this.time;
    return { state: "paid", head, transaction: `0x${"e".repeat(64)}`, confirmations: this.block - this.paidIn + 1 };
  };

  settle = async (): Promise<SettleReport> => {
    const last = this.kept.at(-1);
    if (last === undefined || last.asked.lastAt > this.time || last.asked.times === 0) this.askedBeforeKept = true;
    const { settle } = this.#turn();
    const takes = settle !== "lies" && settle !== "idle" && settle !== "denies idly";
    if (takes && this.paidIn === undefined && !this.cancelled && !this.isOver()) {
      this.paidIn = this.block;
      this.debits += 1;
    }
    if (settle === "denies" || settle === "denies idly") return { kind: "failed", reason: "no" };
    return settle === "honest" || settle === "lies" ? { kind: "done", reason: "yes" } : { kind: "uncertain", reason: "?" };
  };
}

const fresh = (): Settlement => bind("pay_x", terms, asked);

describe("a pursuit", () => {
  it("delivers only for what the chain confirms, refuses only what can never be taken, and keeps before it asks", async () => {
    await fc.assert(
      fc.asyncProperty(turns, fc.integer({ min: 1, max: 4 }), async (plan, confirmations) => {
        const model = new Model(plan, confirmations);
        let state = fresh();
        for (let visit = 0; visit < 12; visit += 1) {
          state = await pursueSettlement(state, model, { until: model.time + 22_000, ask: true });
          expect(model.askedBeforeKept).toBe(false);
          const step = nextStep(state, "sha256:a", model.time);
          // What the chain does just after it was looked at, nobody can know.
          if (step.do === "deliver") expect(model.time - model.seenAt).toBeLessThanOrEqual(10_000);
          if (step.do === "refuse") {
            expect(model.paidIn).toBeUndefined();
            expect(model.cancelled || model.isOver()).toBe(true);
            return;
          }
          if (model.isOver() && step.do === "deliver") return;
        }
      }),
      { numRuns: 500 },
    );
  });

  it("comes to an end once the authorization is over and the node answers", async () => {
    await fc.assert(
      fc.asyncProperty(turns, async (plan) => {
        const model = new Model(plan, 1);
        const during = await pursueSettlement(fresh(), model, { until: model.time + 22_000, ask: true });
        for (const _ of plan) await model.look();
        model.time = Math.max(model.time, terms.validBefore * 1000 + 20_000);
        const after = await pursueSettlement(during, model, { until: model.time + 22_000, ask: true });
        expect(["settled", "refused", "reversed"]).toContain(after.outcome.state);
        expect(after.outcome.state === "settled").toBe(model.paidIn !== undefined && !model.cancelled);
      }),
      { numRuns: 300 },
    );
  });

  it("waits for the confirmations that the network wants", async () => {
    const model = new Model([], 5);
    const soon = await pursueSettlement(fresh(), model, { until: model.time + 500, ask: true });
    expect([model.debits, soon.outcome.state]).toEqual([1, "open"]);
    const later = await pursueSettlement(soon, model, { until: model.time + 60_000, ask: true });
    expect(later.outcome.state).toBe("settled");
    expect(model.isConfirmed()).toBe(true);
  });

  it("never asks for what nobody waits for", async () => {
    const model = new Model([], 1);
    await pursueSettlement(withAsk(fresh(), model.time), model, { until: model.time + 22_000, ask: false });
    expect(model.debits).toBe(0);
  });
});

describe("a settlement", () => {
  const settledAt = start + 1_000;
  const settled = (final: boolean): Settlement => ({
    ...fresh(),
    outcome: { state: "settled", transaction: "0xe", settledAt, checkedAt: settledAt, standing: "confirmed", final },
  });

  it("is always due for something, until it is forgotten", () => {
    const states = [
      withAsk(fresh(), start),
      settled(false),
      settled(true),
      withLease(settled(true), "l", settledAt),
      withEnd(withLease(settled(true), "l", settledAt), { ok: true }, settledAt),
      withEnd(withLease(settled(false), "l", settledAt), { ok: false, code: "internal" }, settledAt),
      { ...fresh(), outcome: { state: "refused", reason: "not_taken" } as const },
    ];
    for (const state of states) expect(wakesAt(state)).toBeGreaterThan(start);
  });

  it("keeps an answer until the authorization's end and a day, and a credit for 30 days from its first failure", () => {
    const day = 86_400_000;
    const leased = withLease(settled(true), "l", settledAt);
    expect(forgottenAt(withEnd(leased, { ok: true }, settledAt))).toBe(terms.validBefore * 1000 + day);
    const owed = withEnd(leased, { ok: false, code: "internal" }, settledAt);
    const again = withEnd(withLease(owed, "m", settledAt + day), { ok: false, code: "other" }, settledAt + day);
    expect(forgottenAt(owed)).toBe(settledAt + 30 * day);
    expect(forgottenAt(again)).toBe(settledAt + 30 * day);
    expect(forgottenAt(settled(false))).toBeUndefined();
  });
});
