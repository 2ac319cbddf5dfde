import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { acceptTimes, askLimit, newRollingLimit, restoreAcceptTimes } from "../../src/access/rolling-limit.ts";

const windowMs = 60_000;
const arrivals = fc.array(fc.nat({ max: 5_000 }), { minLength: 1, maxLength: 400 }).map((gaps) => {
  let now = 1_000_000;
  return gaps.map((gap) => (now += gap));
});

function mostInAnyWindow(times: readonly number[]): number {
  let from = 0;
  let most = 0;
  times.forEach((time, at) => {
    while ((times[from] ?? 0) <= time - windowMs) from += 1;
    most = Math.max(most, at - from + 1);
  });
  return most;
}

describe("the rolling limit", () => {
  it("never accepts more than the limit in any rolling minute, and refuses only when it must", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), arrivals, (limit, times) => {
        const ring = newRollingLimit(limit, windowMs);
        const accepted: number[] = [];
        for (const now of times) {
          const inWindow = accepted.filter((time) => time > now - windowMs).length;
          const answer = askLimit(ring, now);
          expect(answer.accepted).toBe(inWindow < limit);
          if (answer.accepted) accepted.push(now);
          expect(answer.remaining).toBe(limit - Math.min(limit, inWindow + (answer.accepted ? 1 : 0)));
        }
        expect(mostInAnyWindow(accepted)).toBeLessThanOrEqual(limit);
      }),
    );
  });

  it("never refuses steady traffic at the limit", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6000 }), (limit) => {
        const ring = newRollingLimit(limit, windowMs);
        const step = Math.ceil(windowMs / limit);
        for (let at = 0; at < limit * 2 + 5; at += 1) expect(askLimit(ring, 1_000_000 + at * step).accepted).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it("is accepted again exactly when reset says", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), arrivals, (limit, times) => {
        const ring = newRollingLimit(limit, windowMs);
        let now = 0;
        let last = { accepted: true, resetMs: 0 };
        for (now of times) last = askLimit(ring, now);
        fc.pre(!last.accepted);
        expect(askLimit(newRollingLimit(limit, windowMs, acceptTimes(ring)), now + last.resetMs - 1).accepted).toBe(false);
        expect(askLimit(ring, now + last.resetMs).accepted).toBe(true);
      }),
    );
  });

  it("never admits too much across restarts at any moment", () => {
    fc.assert(
      fc.property(fc.constantFrom(60, 120, 600), arrivals, fc.array(fc.nat({ max: 399 }), { maxLength: 5 }), (limit, times, restarts) => {
        const size = Math.max(1, Math.floor(limit / 60));
        const blocks: { at: number; size: number }[] = [];
        const accepted: number[] = [];
        let ring = newRollingLimit(limit, windowMs);
        let left = 0;
        times.forEach((now, at) => {
          if (restarts.includes(at)) {
            ring = newRollingLimit(limit, windowMs, restoreAcceptTimes(blocks.slice(-64), now));
            left = 0;
          }
          if (!askLimit(ring, now).accepted) return;
          if (left === 0) {
            blocks.push({ at: now, size });
            left = size;
          }
          left -= 1;
          accepted.push(now);
        });
        expect(mostInAnyWindow(accepted)).toBeLessThanOrEqual(limit);
      }),
    );
  });
});
