import fc from "fast-check";
import { describe, it } from "vitest";
import { planNames, paidPlans } from "../../../src/access/plans.ts";
import { graceMs, hear, planOf, standingOf, type Told, type Word } from "../../../src/features/billing/subscription.ts";

const at = (day: number): Date => new Date(Date.UTC(2026, 0, 1) + day * 86_400_000);
const listen = (words: readonly Word[]): Told => {
  const told = words.reduce<Told | undefined>((before, word) => {
    const heard = hear(before, word);
    return typeof heard === "string" ? before : heard.told;
  }, undefined);
  if (told === undefined) throw new Error("no word named a plan");
  return told;
};
const statusAfter = (words: readonly Word[], day: number): string => standingOf(listen(words), at(day)).status;

const word = fc.record({
  says: fc.constantFrom("live", "ended", "paid", "failed"),
  at: fc.integer({ min: 0, max: 20 }).map(at),
  plan: fc.constantFrom(...paidPlans),
});
const told = fc.array(word, { minLength: 1, maxLength: 12 });
const shuffled = told.chain((words) => fc.tuple(fc.constant(words), fc.shuffledSubarray(words, { minLength: words.length })));

describe("a subscription", () => {
  it("ends up the same in whatever order its provider's words come, and however often each of them does", ({ expect }) => {
    fc.assert(
      fc.property(shuffled, fc.integer({ min: 0, max: 40 }), ([words, disordered], day) => {
        const [inOrder, otherwise] = [listen(words), listen([...disordered, ...disordered])];
        const { failingSince: a, ...first } = inOrder;
        const { failingSince: b, ...second } = otherwise;
        expect(second).toEqual(first);
        expect(b === null).toBe(a === null);
        if (!(a && b)) expect(standingOf(otherwise, at(day))).toEqual(standingOf(inOrder, at(day)));
      }),
    );
  });

  it("never has more grace than seven days after the newest failure, nor less than after the first since it was last good", ({
    expect,
  }) => {
    fc.assert(
      fc.property(shuffled, ([words, disordered]) => {
        const { failingSince, liveAt, paidAt } = listen(disordered);
        if (failingSince === null) return;
        const good = Math.max(liveAt?.getTime() ?? 0, paidAt?.getTime() ?? 0);
        const failures = words
          .filter(({ says, at: when }) => says === "failed" && when.getTime() > good)
          .map(({ at: when }) => when.getTime());
        expect(failingSince.getTime()).toBeGreaterThanOrEqual(Math.min(...failures));
        expect(failingSince.getTime()).toBeLessThanOrEqual(Math.max(...failures));
      }),
    );
  });

  it("takes a word that it has heard, or that is older than all that it knows of its kind, as nothing new", ({ expect }) => {
    const known = listen([{ says: "live", at: at(5), plan: "pro" }]);
    expect(hear(known, { says: "live", at: at(5), plan: "pro" })).toBe("stale");
    expect(hear(known, { says: "live", at: at(4), plan: "enterprise" })).toBe("stale");
    expect(hear(known, { says: "live", at: at(6), plan: "enterprise" })).toMatchObject({ told: { plan: "enterprise", liveAt: at(6) } });
  });

  it("is unknown until a word says to what it is one", ({ expect }) => {
    expect(hear(undefined, { says: "paid", at: at(1) })).toBe("unknown");
  });

  it("takes a better plan although the payment for it was told first", ({ expect }) => {
    const words = [
      { says: "live", at: at(1), plan: "pro" },
      { says: "paid", at: at(3) },
      { says: "live", at: at(2), plan: "enterprise" },
    ] as const;
    expect(listen(words).plan).toBe("enterprise");
  });

  it("lives on for seven days from the first failed payment, however often it fails, and no longer", ({ expect }) => {
    const words: Word[] = [
      { says: "live", at: at(0), plan: "pro" },
      ...[1, 2, 3, 5].map((day) => ({ says: "failed", at: at(day) }) as const),
    ];
    expect(standingOf(listen(words), at(7))).toEqual({ status: "grace", graceUntil: new Date(at(1).getTime() + graceMs) });
    expect(statusAfter(words, 7.99)).toBe("grace");
    expect(statusAfter(words, 8)).toBe("ended");
    expect(statusAfter([...words, { says: "failed", at: at(9) }], 9)).toBe("ended");
    expect(statusAfter([...words, { says: "paid", at: at(9) }], 9)).toBe("active");
  });

  it("is not revived by a payment once it has ended", ({ expect }) => {
    const ended: Word[] = [
      { says: "live", at: at(0), plan: "pro" },
      { says: "ended", at: at(2) },
    ];
    expect(statusAfter([...ended, { says: "paid", at: at(3) }], 3)).toBe("ended");
    expect(statusAfter([...ended, { says: "live", at: at(2) }], 3)).toBe("ended");
    expect(statusAfter([...ended, { says: "live", at: at(3) }], 3)).toBe("active");
  });

  it("does not run before anybody said that it does", ({ expect }) => {
    expect(statusAfter([{ says: "paid", at: at(1), plan: "pro" }], 1)).toBe("ended");
    expect(statusAfter([{ says: "failed", at: at(1), plan: "pro" }], 1)).toBe("ended");
  });
});

describe("the plan", () => {
  const plan = fc.constantFrom(...planNames);
  const subscription = fc.record({
    id: fc.string(),
    plan: fc.constantFrom(...paidPlans),
    status: fc.constantFrom("active", "grace", "ended"),
  });

  it("is the best of what was granted and what is alive, and of nothing else", ({ expect }) => {
    fc.assert(
      fc.property(plan, fc.array(subscription), (granted, subscriptions) => {
        const decided = planOf(granted, subscriptions);
        const alive = subscriptions.filter(({ status }) => status !== "ended");
        const ranks = [granted, ...alive.map((one) => one.plan)].map((name) => planNames.indexOf(name));
        expect(planNames.indexOf(decided.plan)).toBe(Math.max(...ranks));
        expect(decided.source.kind === "subscription").toBe(alive.some((one) => one.plan === decided.plan));
      }),
    );
  });
});
