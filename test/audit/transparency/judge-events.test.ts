import { describe, expect, it } from "vitest";
import { judgeEvents, type ShownEvent } from "../../../src/audit/transparency/judge-events.ts";
import { leafOf, leavesTo } from "./support.ts";

const leaves = leavesTo(10);
const shown = (from = 1, to = 10): ShownEvent[] =>
  Array.from({ length: to - from + 1 }, (_, at) => ({ seq: from + at, leaf: leafOf(from + at - 1) }));

describe("events beside their log", () => {
  it("are found good where they are the log's, in order", () => {
    expect(judgeEvents(shown(), leaves)).toEqual([]);
    expect(judgeEvents(shown(4), leaves, 4)).toEqual([]);
  });

  it("are told apart: changed, missing, truncated, reordered, repeated, unlogged", () => {
    const changed = shown().with(2, { seq: 3, leaf: leafOf(77) });
    expect(judgeEvents(changed, leaves)).toEqual([{ kind: "changed", seq: 3 }]);
    expect(judgeEvents(shown().toSpliced(4, 1), leaves)).toEqual([{ kind: "missing", seq: 5 }]);
    expect(judgeEvents(shown(1, 7), leaves)).toEqual([{ kind: "truncated", seq: 8 }]);
    expect(judgeEvents([], leaves)).toEqual([{ kind: "truncated", seq: 1 }]);
    const [first, second, ...rest] = shown();
    expect(
      judgeEvents(
        [second, first, ...rest].filter((event) => event !== undefined),
        leaves,
      ),
    ).toEqual([{ kind: "reordered", seq: 1 }]);
    expect(judgeEvents(shown().toSpliced(3, 0, { seq: 3, leaf: leafOf(2) }), leaves)).toEqual([{ kind: "repeated", seq: 3 }]);
    expect(judgeEvents(shown(1, 12), leaves)).toEqual([
      { kind: "unlogged", seq: 11 },
      { kind: "unlogged", seq: 12 },
    ]);
  });

  it("are all reported, not only the first", () => {
    const spoilt = shown(1, 8)
      .with(1, { seq: 2, leaf: leafOf(50) })
      .toSpliced(5, 1);
    expect(judgeEvents(spoilt, leaves)).toEqual([
      { kind: "changed", seq: 2 },
      { kind: "missing", seq: 6 },
      { kind: "truncated", seq: 9 },
    ]);
  });
});
