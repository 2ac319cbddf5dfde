import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countVotes, decisionOf, type JudgeVote } from "../../../src/features/judge-panels/jury-finding.ts";

const cast = (vote: JudgeVote["vote"], index = 0): JudgeVote => ({
  judge: `j${index}`,
  model: "m",
  servedModel: null,
  outcome: vote === null ? "off_menu" : "voted",
  vote,
  calls: 1,
  latencyMs: 1,
});
const valueOf = (...votes: readonly JudgeVote["vote"][]) => countVotes(votes.map(cast)).value;
const ballots = fc.array(fc.constantFrom("pass" as const, "fail" as const, null), { minLength: 3, maxLength: 9 });

describe("countVotes", () => {
  it("is the median of three votes, the mean of two, and nothing of one", () => {
    expect(valueOf("pass", "pass", "fail")).toBe(1);
    expect(valueOf("pass", "fail", "fail")).toBe(0);
    expect(valueOf("pass", "fail", null)).toBe(0.5);
    expect(valueOf("pass", "pass", "pass", "fail", "fail")).toBeCloseTo(2 / 3, 12);
    expect(valueOf("pass", null, null)).toBeNull();
    expect(valueOf(null, null, null)).toBeNull();
  });

  it("counts no outcome but a vote, whatever else is cast beside it", () => {
    fc.assert(
      fc.property(ballots, (votes) => {
        const valid = votes.filter((vote) => vote !== null);
        expect(countVotes(votes.map(cast))).toEqual(countVotes(valid.map(cast)));
        expect(countVotes(votes.map(cast)).value === null).toBe(valid.length < 2);
      }),
    );
  });

  it("is not turned by one judge against all others, whatever it says", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 8 }), fc.constantFrom("pass" as const, "fail" as const), (others, verdict) => {
        const against = verdict === "pass" ? ("fail" as const) : ("pass" as const);
        const finding = countVotes([...Array.from({ length: others }, () => verdict), against].map(cast));
        expect(decisionOf(finding)).toBe(verdict);
        expect(finding.value).toBe(verdict === "pass" ? 1 : 0);
      }),
    );
  });

  it("passes with more than half, and mirrors where passes and failures change places", () => {
    expect(decisionOf({ value: 0.5 })).toBe("fail");
    expect(decisionOf({ value: 0.51 })).toBe("pass");
    expect(decisionOf({ value: null })).toBeNull();
    fc.assert(
      fc.property(ballots, (votes) => {
        const turned = votes.map((vote) => (vote === null ? null : vote === "pass" ? ("fail" as const) : ("pass" as const)));
        const [value, mirrored] = [countVotes(votes.map(cast)).value, countVotes(turned.map(cast)).value];
        if (value === null) expect(mirrored).toBeNull();
        else expect(mirrored).toBeCloseTo(1 - value, 12);
      }),
    );
  });
});
