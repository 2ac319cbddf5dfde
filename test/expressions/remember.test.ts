import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { remember } from "../../src/expressions/remember.ts";

describe("remember", () => {
  it("makes again only what is not among the last that were asked for, and answers the same as without it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.constantFrom("", "a", "b", "c", "d", "e", "f")), (most, asked) => {
        const made: string[] = [];
        const upper = remember(most, (source) => {
          made.push(source);
          return source.toUpperCase();
        });
        for (const [index, source] of asked.entries()) {
          const before = made.length;
          expect(upper(source)).toBe(source.toUpperCase());
          const last = [...new Set(asked.slice(0, index).toReversed())].slice(0, most);
          expect(made.length - before).toBe(last.includes(source) ? 0 : 1);
        }
      }),
    );
  });

  it("remembers as much as has together the size, and the newest whatever its size", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.array(fc.constantFrom("a", "bb", "cccc", "dddddddd")), (most, asked) => {
        const made: string[] = [];
        const same = remember(
          most,
          (source) => {
            made.push(source);
            return source;
          },
          (source) => source.length,
        );
        let known: string[] = [];
        for (const source of asked) {
          const before = made.length;
          same(source);
          expect(made.length - before).toBe(known.includes(source) ? 0 : 1);
          known = [...known.filter((other) => other !== source), source];
          while (known.length > 1 && known.join("").length > most) known.shift();
        }
      }),
    );
  });
});
