import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { longestRetryAfterMs, nextAttemptAt, readRetryAfter, retryDelaysMs } from "../../src/webhooks/schedule.ts";

const at = new Date("2026-11-22T10:00:00.000Z");
const delayOf = (attempts: number, jitter: number, retryAfter?: string): number | undefined => {
  const next = nextAttemptAt({ attempts, at, jitter, retryAfter });
  return next === undefined ? undefined : next.getTime() - at.getTime();
};
const [second, minute, hour] = [1_000, 60_000, 3_600_000];

describe("the schedule of a delivery", () => {
  it("is that of Standard Webhooks: ten attempts, and no more", () => {
    const delays = Array.from({ length: 12 }, (_, made) => delayOf(made, 0.5));
    const expected = [0, 5 * second, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour];
    expect(delays).toEqual([...expected, undefined, undefined]);
  });

  it("moves each delay by at most a tenth either way, and by the whole of it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempts, jitter) => {
        const base = retryDelaysMs[attempts] ?? 0;
        const delay = delayOf(attempts, jitter) ?? 0;
        expect(Math.abs(delay - base)).toBeLessThanOrEqual(base / 10 + 1);
      }),
    );
    expect([delayOf(1, 0), delayOf(1, 1)]).toEqual([4_500, 5_500]);
  });

  it("waits at least as long as Retry-After asks, at most 24 hours for it, and never sooner than it would have", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.nat({ max: 10 * 365 * 86_400 }), (attempts, seconds) => {
        const plain = delayOf(attempts, 0.5) ?? 0;
        const asked = Math.min(seconds * second, longestRetryAfterMs);
        expect(delayOf(attempts, 0.5, String(seconds))).toBe(Math.max(plain, asked));
        expect(delayOf(attempts, 0.5, new Date(at.getTime() + seconds * second).toUTCString())).toBe(Math.max(plain, asked));
      }),
    );
  });

  it("adds no attempt for a Retry-After", () => {
    expect(delayOf(10, 0.5, "60")).toBeUndefined();
  });
});

describe("Retry-After", () => {
  it.each([
    ["120", 120_000],
    [" 120 ", 120_000],
    ["0", 0],
    ["-5", 0],
    ["1.5", 0],
    ["1e9", 0],
    ["0x10", 0],
    ["soon", 0],
    ["", 0],
    [undefined, 0],
    ["9".repeat(400), longestRetryAfterMs],
    ["Sun, 22 Nov 2026 10:02:00 GMT", 120_000],
    ["Sun, 22 Nov 2026 09:00:00 GMT", 0],
    ["Wed, 22 Nov 2056 10:00:00 GMT", longestRetryAfterMs],
    ["Sun, 99 Nov 2026 99:99:99 GMT", 0],
    ["2026-11-22T10:02:00Z", 0],
    ["Sun, 22 Nov 2026 10:02:00 +0000", 0],
  ])("%j asks for so many milliseconds: %d", (header, expected) => {
    expect(readRetryAfter(header, at)).toBe(expected);
  });

  it("is never negative, more than 24 hours or no number, whatever a receiver sends", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.date().map((date) => date.toUTCString()),
          fc.bigInt().map(String),
        ),
        (header) => {
          const asked = readRetryAfter(header, at);
          expect(asked >= 0 && asked <= longestRetryAfterMs).toBe(true);
        },
      ),
    );
  });
});
