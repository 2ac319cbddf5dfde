import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { searchText } from "../../src/expressions/search-text.ts";
import { newWorkBudget } from "../../src/expressions/work-budget.ts";

describe("searchText", () => {
  it("finds what the engine's own search finds", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "\u{1f600}", "\ud83d"), maxLength: 12 });
    fc.assert(
      fc.property(text, text, text, (before, needle, after) => {
        expect(searchText(before + needle + after, needle, newWorkBudget())).toEqual({ ok: true, found: true });
        expect(searchText(before + after, needle, newWorkBudget())).toEqual({ ok: true, found: (before + after).includes(needle) });
      }),
    );
  });

  it("can search the longest text for the longest one, and is charged for their lengths", () => {
    const budget = newWorkBudget();
    expect(searchText("a".repeat(262_144), `${"a".repeat(100_000)}b`, budget)).toEqual({ ok: true, found: false });
    expect(newWorkBudget().remaining - budget.remaining).toBeGreaterThan(100_000);
    expect(searchText("aaaa", "ab", newWorkBudget(1))).toEqual({ ok: false, reason: "work_exceeded" });
  });
});
