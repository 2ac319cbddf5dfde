import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assess } from "../../../src/features/judge-panels/calibration.ts";
import { countVotes, type JudgeVote, type Vote } from "../../../src/features/judge-panels/jury-finding.ts";

type Ballot = readonly (Vote | null)[];
const finding = (ballot: Ballot) => {
  const votes = ballot.map((vote, seat): JudgeVote => ({
    judge: `j${seat}`,
    model: `m${seat}`,
    servedModel: null,
    outcome: vote === null ? "timeout" : "voted",
    vote,
    calls: 1,
    latencyMs: 1,
  }));
  return { votes, ...countVotes(votes) };
};
const examplesOf = (passes: number, fails: number) => [
  ...Array.from({ length: passes }, () => ({ label: "pass" as const })),
  ...Array.from({ length: fails }, () => ({ label: "fail" as const })),
];
const right = (label: Vote): Ballot => [label, label, label];

describe("assess", () => {
  it("counts a judge's and the panel's hits among what is labelled a pass, and a failure, apart", () => {
    const examples = examplesOf(2, 2);
    const result = assess(
      examples,
      [
        ["pass", "pass", "fail"],
        ["pass", "fail", "fail"],
        ["fail", "fail", null],
        ["pass", null, null],
      ].map((b) => finding(b as Ballot)),
    );
    expect(result.sensitivity).toMatchObject({ hits: 1, trials: 2, rate: 0.5 });
    expect(result.specificity).toMatchObject({ hits: 1, trials: 1, rate: 1 });
    expect(result.undecided).toBe(1);
    expect(
      result.judges.map(({ judge, sensitivity, specificity, undecided }) => [
        judge,
        sensitivity.hits,
        sensitivity.trials,
        specificity.hits,
        specificity.trials,
        undecided,
      ]),
    ).toEqual([
      ["j0", 2, 2, 1, 2, 0],
      ["j1", 1, 2, 1, 1, 1],
      ["j2", 0, 2, 0, 0, 2],
    ]);
    expect(result.judges[2]?.specificity).toMatchObject({ rate: null, low: 0, high: 1 });
  });

  it("calibrates a panel by 20 decided examples of each label, and not by 19", () => {
    const calibrated = (passes: number, fails: number) => {
      const examples = examplesOf(passes, fails);
      return assess(
        examples,
        examples.map(({ label }) => finding(right(label))),
      ).calibrated;
    };
    expect([calibrated(20, 20), calibrated(19, 40), calibrated(40, 19)]).toEqual([true, false, false]);
  });

  it("never calibrates one that says the same of everything, or guesses", () => {
    const examples = examplesOf(100, 100);
    expect(
      assess(
        examples,
        examples.map(() => finding(right("pass"))),
      ).calibrated,
    ).toBe(false);
    expect(
      assess(
        examples,
        examples.map(() => finding(right("fail"))),
      ).calibrated,
    ).toBe(false);
    expect(
      assess(
        examples,
        examples.map((_, index) => finding(right(index % 2 === 0 ? "pass" : "fail"))),
      ).calibrated,
    ).toBe(false);
    expect(
      assess(
        examples,
        examples.map(() => finding([null, null, "pass"])),
      ).calibrated,
    ).toBe(false);
  });

  it("loses no example: each is decided or undecided, by the panel and by each judge", () => {
    const ballot = fc.tuple(...Array.from({ length: 3 }, () => fc.constantFrom("pass" as const, "fail" as const, null)));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom("pass" as const, "fail" as const), ballot), { minLength: 1, maxLength: 30 }), (all) => {
        const result = assess(
          all.map(([label]) => ({ label })),
          all.map(([, cast]) => finding(cast)),
        );
        for (const one of [result, ...result.judges]) {
          expect(one.sensitivity.trials + one.specificity.trials + one.undecided).toBe(all.length);
          for (const { hits, trials, low, high } of [one.sensitivity, one.specificity]) {
            expect(hits).toBeLessThanOrEqual(trials);
            expect(low).toBeLessThanOrEqual(high);
          }
        }
      }),
    );
  });
});
