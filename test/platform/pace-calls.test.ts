import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planNames, plans } from "../../src/access/plans.ts";
import { longestTurnMs, paceCalls } from "../../src/platform/pace-calls.ts";
import { StartRunBody } from "../../src/features/evals/schemas.ts";

/** Lets calls arrive after these pauses, on a clock that only waiting moves; returns when each was let through. */
async function callTimes(perMinute: number, pauses: readonly number[]): Promise<number[]> {
  let nowMs = 0;
  const takeTurn = paceCalls(
    perMinute,
    () => nowMs,
    (ms) => {
      nowMs += ms;
      return Promise.resolve();
    },
  );
  const times: number[] = [];
  for (const pause of pauses) {
    nowMs += pause;
    await takeTurn();
    times.push(nowMs);
  }
  return times;
}

describe("paceCalls", () => {
  it("lets calls through at once while the plan has room", async () => {
    expect(await callTimes(3, [0, 0, 0])).toEqual([0, 0, 0]);
    expect(await callTimes(3, [0, 0, 0, 0])).toEqual([0, 0, 0, 60_001]);
  });

  it("never lets more than the plan's calls into any minute, and keeps nobody waiting without need", async () => {
    const pauses = fc.array(fc.integer({ min: 0, max: 30_000 }), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 8 }), pauses, async (perMinute, arrivals) => {
        const times = await callTimes(perMinute, arrivals);
        for (const [at, time] of times.entries()) {
          const before = times[at - perMinute];
          if (before !== undefined) expect(time - before).toBeGreaterThan(60_000);
        }
      }),
    );
  });

  it("keeps nobody waiting for longer than a minute while no more callers wait than a minute may hold", async () => {
    const answerTimes = fc.array(fc.integer({ min: 0, max: 60_000 }), { minLength: 1, maxLength: 100 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.nat(8), answerTimes, async (callers, more, times) => {
        let nowMs = 0;
        let waitedMs = 0;
        const takeTurn = paceCalls(
          callers + more,
          () => nowMs,
          (ms) => {
            waitedMs = ms;
            return Promise.resolve();
          },
        );
        const freeAt = Array.from({ length: callers }, () => 0);
        for (const answerTime of times) {
          nowMs = Math.min(...freeAt);
          waitedMs = 0;
          await takeTurn();
          expect(waitedMs).toBeLessThanOrEqual(longestTurnMs);
          freeAt[freeAt.indexOf(nowMs)] = nowMs + waitedMs + answerTime;
        }
      }),
    );
  });

  it("is asked by no run for more at a time than its plan lets into a minute", () => {
    const fewest = Math.min(...planNames.map((name) => plans[name].hostCallsPerMinute));
    expect(StartRunBody.shape.concurrency.safeParse(fewest + 1).success).toBe(false);
  });

  it("gives callers of the same moment different turns", async () => {
    const waits: number[] = [];
    const takeTurn = paceCalls(
      1,
      () => 0,
      (ms) => {
        waits.push(ms);
        return Promise.resolve();
      },
    );
    await Promise.all([takeTurn(), takeTurn(), takeTurn()]);
    expect(waits).toEqual([60_001, 120_002]);
  });
});
