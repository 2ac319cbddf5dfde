import { describe, expect, it } from "vitest";
import { keptSince, refuseTime } from "../../../src/features/telemetry/event.ts";

const now = new Date("2026-06-01T12:00:00.000Z");
const at = (ms: number): Date => new Date(now.getTime() + ms);
const hourMs = 3_600_000;

describe("when an event is said to have been", () => {
  it("is within the last 24 hours and the next 5 minutes, to the millisecond, and a time at all", () => {
    for (const ms of [0, -24 * hourMs, 5 * 60_000]) expect(refuseTime(at(ms), now)).toBeUndefined();
    for (const ms of [-24 * hourMs - 1, 5 * 60_000 + 1]) expect(refuseTime(at(ms), now)).toBeDefined();
    expect(refuseTime(new Date("never"), now)).toBeDefined();
  });

  it("does not say how long it is kept: 90 days from when it came", () => {
    expect(keptSince(now).toISOString()).toBe("2026-03-03T12:00:00.000Z");
  });
});
