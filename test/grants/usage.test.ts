import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { budgetShare, exceededLimits, mostUnsettled } from "../../src/grants/limits.ts";
import { toolNamePattern, toToolName } from "../../src/grants/tool-name.ts";
import { countersOf, noUsage, usageAt, withoutUse, withUse } from "../../src/grants/usage.ts";

const at = (text: string): number => Date.parse(text);
const used = { total: 0, today: 0, month: 0, lastMinute: 0, spentTodayMicros: 0, spentMonthMicros: 0 };

describe("what was used", () => {
  it("begins anew with each day and month of UTC, to the millisecond", () => {
    const before = withUse(usageAt(noUsage, at("2026-01-30T23:59:59.999Z")), 5);
    expect(countersOf(usageAt(before, at("2026-01-30T23:59:59.999Z")), 0)).toMatchObject({ today: 1, month: 1, spentTodayMicros: 5 });
    expect(countersOf(usageAt(before, at("2026-01-31T00:00:00.000Z")), 0)).toMatchObject({ today: 0, month: 1, spentMonthMicros: 5 });
    expect(countersOf(usageAt(before, at("2026-02-01T00:00:00.000Z")), 0)).toMatchObject({
      total: 1,
      today: 0,
      month: 0,
      spentMonthMicros: 0,
    });
    expect(countersOf(usageAt(before, at("2027-01-30T12:00:00.000Z")), 0)).toMatchObject({ today: 0, month: 0 });
  });

  it("does not come back with a clock that runs backwards", () => {
    const after = withUse(usageAt(noUsage, at("2026-02-01T00:00:00.001Z")), 5);
    const back = usageAt(after, at("2026-01-31T23:59:59.999Z"));
    expect(countersOf(back, 0)).toMatchObject({ today: 1, month: 1, spentTodayMicros: 5, spentMonthMicros: 5 });
    const { day, month } = after;
    expect(withoutUse(back, { day, month, costMicros: 5 })).toEqual({
      ...after,
      total: 0,
      today: 0,
      thisMonth: 0,
      spentToday: 0,
      spentMonth: 0,
    });
  });

  it("is given back to the day and the month that it was used in, and to no other", () => {
    const start = at("2026-01-31T12:00:00Z");
    const [cost, first] = [5, withUse(usageAt(noUsage, start), 5)];
    const { day, month } = first;
    const next = withUse(usageAt(first, at("2026-02-01T12:00:00Z")), 7);
    expect(withoutUse(next, { day, month, costMicros: cost })).toEqual({ ...next, total: 1 });
    const sameMonth = withUse(usageAt(withUse(usageAt(noUsage, at("2026-01-30T12:00:00Z")), 5), start), 7);
    const returned = withoutUse(sameMonth, { day: day - 1, month, costMicros: cost });
    expect(returned).toEqual({ ...sameMonth, total: 1, thisMonth: 1, spentMonth: 7 });
  });

  it("stays exact to the last number that can be, and never falls below nothing", () => {
    const huge = withUse(withUse(usageAt(noUsage, at("2026-01-01T00:00:00Z")), 9_000_000_000_000_000), 9_000_000_000_000_000);
    expect(huge.spentToday).toBe(Number.MAX_SAFE_INTEGER);
    const { day, month } = huge;
    expect(withoutUse(usageAt(noUsage, at("2026-01-01T00:00:00Z")), { day, month, costMicros: 5 })).toMatchObject({
      total: 0,
      spentToday: 0,
    });
  });
});

describe("limits", () => {
  it("hold exactly at each number, alone and together", () => {
    const room = { ...used, costMicros: 5, unsettled: 0 };
    const exceeded = (budget: object, given: object = {}, ratePerMinute = 10) =>
      exceededLimits({ budget, ratePerMinute }, { ...room, ...given });
    for (const [name, limit] of [
      ["total", "total"],
      ["today", "perDay"],
      ["month", "perMonth"],
    ] as const) {
      expect(exceeded({ count: { [limit]: 3 } }, { [name]: 2 })).toEqual([]);
      expect(exceeded({ count: { [limit]: 3 } }, { [name]: 3 })).toEqual(["count_exceeded"]);
    }
    for (const [name, limit] of [
      ["spentTodayMicros", "perDay"],
      ["spentMonthMicros", "perMonth"],
    ] as const) {
      expect(exceeded({ money: { [limit]: 8 } }, { [name]: 3 })).toEqual([]);
      expect(exceeded({ money: { [limit]: 8 } }, { [name]: 4 })).toEqual(["budget_exceeded"]);
    }
    expect([exceeded({ money: { perRun: 5 } }), exceeded({ money: { perRun: 4 } })]).toEqual([[], ["budget_exceeded"]]);
    expect([exceeded({}, { lastMinute: 9 }), exceeded({}, { lastMinute: 10 })]).toEqual([[], ["rate_exceeded"]]);
    expect([exceeded({}, { unsettled: mostUnsettled - 1 }), exceeded({}, { unsettled: mostUnsettled })]).toEqual([[], ["count_exceeded"]]);
    expect([exceeded({}, { costMicros: null }), exceeded({ money: { perMonth: 0 } }, { costMicros: null })]).toEqual([
      [],
      ["cost_unknown"],
    ]);
    const all = exceeded({ count: { total: 0 }, money: { perDay: 0 } }, {}, 0);
    expect(all).toEqual(["rate_exceeded", "count_exceeded", "budget_exceeded"]);
  });

  it("are used as far as the scarcest of them", () => {
    const given = { ...used, total: 5, today: 1, spentMonthMicros: 30 };
    expect(budgetShare({}, given)).toBe(0);
    expect(budgetShare({ count: { total: 10, perDay: 10 }, money: { perMonth: 40 } }, given)).toBe(0.75);
    expect(budgetShare({ count: { total: 0 } }, used)).toBe(1);
    expect(budgetShare({ count: { total: 2 } }, given)).toBe(1);
  });
});

describe("a tool's name of a capability's", () => {
  it("is made of its words, and is one whatever they are", () => {
    expect(["Refund an order", "  2nd  try!", "Rückzahlung", "退款", "a".repeat(80)].map(toToolName)).toEqual([
      "refund_an_order",
      "use_2nd_try",
      "ruckzahlung",
      "capability",
      "a".repeat(51),
    ]);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 0x10_ff_ff }), { maxLength: 80 }), (codes) =>
        toolNamePattern.test(toToolName(String.fromCodePoint(...codes))),
      ),
    );
  });
});
