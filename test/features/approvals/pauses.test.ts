import fc from "fast-check";
import { expect, it } from "vitest";
import { pausesOf } from "../../../src/features/approvals/pauses.ts";
import { longestWaitSeconds } from "../../../src/features/approvals/schemas.ts";

it("looks eight times at most, and waits exactly as long as it was asked to", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: longestWaitSeconds * 1000 }), (waitMs) => {
      const pauses = pausesOf(waitMs);
      expect(pauses.reduce((sum, pause) => sum + pause, 0)).toBe(waitMs);
      expect(pauses.length + 1).toBeLessThanOrEqual(8);
      expect(pauses.every((pause) => pause > 0)).toBe(true);
    }),
  );
  expect(pausesOf(0)).toEqual([]);
  expect(pausesOf(longestWaitSeconds * 1000)).toHaveLength(7);
});
