import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { failingLimitMs, outcome, type AlertPercent, type Attempt, type Health } from "../../src/webhooks/outcome.ts";

const start = new Date("2026-11-22T10:00:00.000Z");
const after = (share: number): Date => new Date(start.getTime() + share * failingLimitMs);
const healthy: Health = { failingSince: null, alertedPercent: 0, lastSuccessAt: null, lastFailureAt: null };
const taken = (at: Date): Attempt => ({ at, status: 204, ms: 3, failure: undefined, retryAfter: undefined });
const failed = (at: Date, status = 500): Attempt => ({ at, status, ms: 3, failure: "status", retryAfter: undefined });
const delivery = { eventId: "evt_1", attempts: 0 };

/** Failures at these shares of the way, one after the other, with whatever was alerted of at each. */
function failAt(shares: readonly number[]): { alerts: AlertPercent[][]; disables: (string | undefined)[]; health: Health } {
  let health = healthy;
  const outcomes = shares.map((share) => {
    const next = outcome(delivery, health, failed(after(share)), 0.5);
    health = next.health;
    return next;
  });
  return { alerts: outcomes.map(({ alerts }) => [...alerts]), disables: outcomes.map(({ disable }) => disable), health };
}

describe("what an attempt means", () => {
  it("is the end of the delivery where it was taken", () => {
    const { change, health } = outcome(
      { ...delivery, attempts: 3 },
      { ...healthy, failingSince: start, alertedPercent: 70 },
      taken(after(0.8)),
      0.5,
    );
    expect(change).toEqual({
      eventId: "evt_1",
      status: "delivered",
      attempts: 4,
      nextAttemptAt: null,
      lastAttemptAt: after(0.8),
      responseStatus: 204,
      responseMs: 3,
      failure: null,
    });
    expect(health).toEqual({ failingSince: null, alertedPercent: 0, lastSuccessAt: after(0.8), lastFailureAt: null });
  });

  it("is another attempt where it was not, and after the tenth the end", () => {
    const changes = Array.from({ length: 10 }, (_, attempts) => outcome({ ...delivery, attempts }, healthy, failed(start), 0.5).change);
    expect(changes.map(({ status }) => status)).toEqual([...Array.from({ length: 9 }, () => "pending"), "failed"]);
    expect(changes.at(-1)).toMatchObject({ attempts: 10, nextAttemptAt: null, failure: "status", responseStatus: 500 });
    expect(changes.every(({ status, nextAttemptAt }) => (status === "pending") === (nextAttemptAt !== null))).toBe(true);
  });

  it("disables the endpoint at once where it said 410, whatever its health, and says so once", () => {
    const { change, disable, alerts } = outcome(delivery, healthy, failed(start, 410), 0.5);
    expect({ status: change.status, disable, alerts }).toEqual({ status: "cancelled", disable: "gone", alerts: [] });
  });
});

describe("five days of failure", () => {
  it("are told of at 50, 70, 90 and 100 % of the way, once each, and disable at the end", () => {
    const { alerts, disables } = failAt([0, 0.2, 0.499, 0.5, 0.6, 0.7, 0.89, 0.9, 0.999, 1]);
    expect(alerts).toEqual([[], [], [], [50], [], [70], [], [90], [], [100]]);
    expect(disables).toEqual([...Array.from({ length: 9 }, () => undefined), "failing"]);
  });

  it("are told of in full where attempts skip past several", () => {
    expect(failAt([0, 0.95, 1.2]).alerts).toEqual([[], [50, 70, 90], [100]]);
    expect(failAt([0, 3]).alerts).toEqual([[], [50, 70, 90, 100]]);
  });

  it("begin anew after anything was taken", () => {
    const { health } = failAt([0, 0.6]);
    const better = outcome(delivery, health, taken(after(0.65)), 0.5).health;
    const next = outcome(delivery, better, failed(after(0.9)), 0.5);
    expect(next).toMatchObject({ alerts: [], disable: undefined, health: { failingSince: after(0.9), alertedPercent: 0 } });
    expect(outcome(delivery, next.health, failed(after(1.41)), 0.5).alerts).toEqual([50]);
  });

  it("tell of each share at most once and in order, and disable exactly from the end on, whatever comes when", () => {
    const way = fc.array(fc.record({ step: fc.double({ min: 0, max: 0.6, noNaN: true }), ok: fc.boolean() }), { maxLength: 30 });
    fc.assert(
      fc.property(way, (steps) => {
        let [health, share, told] = [healthy, 0, [] as number[]];
        for (const { step, ok } of steps) {
          share += step;
          const next = outcome(delivery, health, ok ? taken(after(share)) : failed(after(share)), 0.5);
          health = next.health;
          told = ok ? [] : [...told, ...next.alerts];
          expect(told).toEqual([50, 70, 90, 100].slice(0, told.length));
          const since = health.failingSince?.getTime();
          const isOver = since !== undefined && after(share).getTime() - since >= failingLimitMs;
          expect(next.disable).toBe(isOver ? "failing" : undefined);
          if (isOver) expect(told).toHaveLength(4);
        }
      }),
    );
  });

  it("are not shortened by a clock that runs backwards", () => {
    expect(failAt([0, -0.5, -2])).toMatchObject({ alerts: [[], [], []], disables: [undefined, undefined, undefined] });
  });
});
