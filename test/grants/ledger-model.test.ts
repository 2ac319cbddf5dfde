import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runInDurableObject } from "cloudflare:test";
import { ledgerStore } from "../../src/grants/ledger-store.ts";
import { propose } from "../../src/grants/propose.ts";
import type { Settled } from "../../src/grants/ledger.ts";
import { newId } from "../../src/platform/ids.ts";
import { newLedger } from "./ledger-world.ts";

const dayMs = 86_400_000;
const settled = fc.constantFrom<Settled[]>("spent", "released", "unknown");
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("propose" as const),
      cost: fc.integer({ min: 0, max: 5 }),
      key: fc.option(fc.integer({ min: 0, max: 1 })),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("settle" as const), which: fc.nat({ max: 5 }), as: settled }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      ms: fc.constantFrom(1, 20_000, 59_999, 60_000, 3_600_000, dayMs, 31 * dayMs),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("simulate" as const), cost: fc.integer({ min: 0, max: 5 }) }) },
);
const limit = fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined, freq: 1 });
const limits = fc.record({
  total: limit,
  perDay: limit,
  perMonth: limit,
  spentDay: limit,
  spentMonth: limit,
  rate: fc.integer({ min: 1, max: 4 }),
});

type Held = { id: string; at: number; cost: number; key: string | null; state: "reserved" | Settled; doubtUntil: number };
const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);
const monthOf = (at: number) => new Date(at).toISOString().slice(0, 7);

describe("a ledger, whatever happens to it in whatever order", () => {
  it("agrees with the list of all that was ever reserved, and exceeds none of its limits", async () => {
    await fc.assert(
      fc.asyncProperty(limits, fc.array(step, { maxLength: 60 }), fc.nat({ max: 400 }), async (given, steps, startDay) => {
        const { ledger, proposal } = newLedger();
        await runInDurableObject(ledger, (_, { storage }) => {
          const store = ledgerStore(storage);
          const all: Held[] = [];
          let now = Date.UTC(2026, 0, 1, 22) + startDay * dayMs;
          const { rate, spentDay, spentMonth, ...count } = given;
          const budget = { count, money: { perDay: spentDay, perMonth: spentMonth } };
          const counted = () => all.filter(({ state }) => state !== "released");
          const sum = (held: readonly Held[]) => held.reduce((total, { cost }) => total + cost, 0);
          for (const one of steps) {
            if (one.do === "wait") now += one.ms;
            if (one.do === "simulate") propose(store, proposal({ mode: "simulation", costMicros: one.cost, ratePerMinute: 1_000 }), now);
            if (one.do === "settle") {
              const held = all[one.which];
              const [id, as] = [held?.id ?? newId("invocation"), one.as];
              if (as === "spent") store.spend(id, now);
              else if (as === "released") store.release(id, now);
              else store.keepUnknown(id, now);
              const isOpen = held !== undefined && (held.state === "reserved" || held.state === "unknown");
              if (isOpen && as === "unknown" && held.doubtUntil === 0) held.doubtUntil = now + dayMs;
              if (isOpen && as === "spent" && held.doubtUntil === 0) held.doubtUntil = now + 600_000;
              if (isOpen) held.state = as;
            }
            if (one.do !== "propose") continue;
            const { cost } = one;
            const key = one.key === null ? null : `sha256:${one.key}`;
            const today = counted().filter(({ at }) => dayOf(at) === dayOf(now));
            const month = counted().filter(({ at }) => monthOf(at) === monthOf(now));
            const expected = {
              total: counted().length,
              today: today.length,
              month: month.length,
              // A call that was given back was made all the same.
              lastMinute: all.filter(({ at }) => at > now - 60_000).length,
              spentTodayMicros: sum(today),
              spentMonthMicros: sum(month),
            };
            const doubt = all.find(
              (held) =>
                key !== null && held.key === key && (held.state === "reserved" || held.state === "unknown" || held.doubtUntil > now),
            );
            const fits =
              expected.lastMinute < rate &&
              expected.total < (count.total ?? Infinity) &&
              expected.today < (count.perDay ?? Infinity) &&
              expected.month < (count.perMonth ?? Infinity) &&
              expected.spentTodayMicros + cost <= (spentDay ?? Infinity) &&
              expected.spentMonthMicros + cost <= (spentMonth ?? Infinity);
            const asked = proposal({ costMicros: cost, budget, ratePerMinute: rate, idempotencyKey: key });
            const verdict = propose(store, asked, now);
            expect(verdict.counters).toEqual(expected);
            expect(verdict.inDoubt === undefined).toBe(doubt === undefined);
            expect(verdict.reserved).toBe(doubt === undefined && fits);
            if (verdict.reserved) all.push({ id: asked.invocationId, at: now, cost, key, state: "reserved", doubtUntil: 0 });
          }
          expect(store.unsettled()).toBe(all.filter(({ state }) => state === "reserved" || state === "unknown").length);
        });
      }),
      { numRuns: 300 },
    );
  });

  it("keeps the key of what was in doubt for a day from when it was first said, and not a moment longer", async () => {
    const { ledger, proposal } = newLedger({ idempotencyKey: "sha256:key" });
    await runInDurableObject(ledger, (_, { storage }) => {
      const store = ledgerStore(storage);
      const now = Date.UTC(2026, 0, 1);
      const first = proposal();
      propose(store, first, now);
      store.keepUnknown(first.invocationId, now);
      store.keepUnknown(first.invocationId, now + 1_000);
      store.release(first.invocationId, now + 2_000);
      expect(propose(store, proposal(), now + dayMs - 1).inDoubt).toBe(first.invocationId);
      expect(propose(store, proposal(), now + dayMs)).toMatchObject({ effect: "allow", reserved: true });
    });
  });
});
