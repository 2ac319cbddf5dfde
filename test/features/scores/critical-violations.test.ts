import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findOpenViolations } from "../../../src/features/scores/critical-violations.ts";
import type { EvidenceEntry, EvidenceRecord } from "../../../src/features/scores/evidence.ts";
import { dayAt, digestOf, makeRecord, ownerOrg } from "./make-evidence.ts";

type Condition = NonNullable<EvidenceEntry["condition"]>;
const condition = (change: Partial<Condition> = {}): Condition => ({
  digest: digestOf("c1"),
  pactDigest: digestOf("b1"),
  conditionId: "no-leaks",
  severity: "critical",
  ...change,
});

const check = (value: number, change: Partial<Condition> = {}): Pick<EvidenceRecord, "entries"> => checks([value], change);
const checks = (values: readonly number[], change: Partial<Condition> = {}): Pick<EvidenceRecord, "entries"> => ({
  entries: values.map((value, caseIndex) => ({
    dimension: "pactCompliance",
    value,
    caseIndex,
    check: "pact/0",
    condition: condition(change),
  })),
});
const run = (day: number, entries: Pick<EvidenceRecord, "entries">, change: Partial<EvidenceRecord> = {}) =>
  makeRecord({ at: dayAt(day), ...entries, ...change });
const passing = (count: number): number[] => Array.from({ length: count }, () => 1);

describe("a critical violation", () => {
  it("opens with a failed check, and says where", () => {
    const failed = run(1, checks([1, 0, 1]));
    expect(findOpenViolations([failed])).toEqual([
      {
        conditionDigest: digestOf("c1"),
        conditionId: "no-leaks",
        pactDigest: digestOf("b1"),
        runId: failed.runId,
        failedAt: dayAt(1),
        passesSince: 0,
        passesToClose: 28,
      },
    ]);
  });

  it.each(["major", "minor", "info"] as const)("is not opened by a %s condition", (severity) => {
    expect(findOpenViolations([run(1, check(0, { severity }))])).toEqual([]);
  });

  it("closes with the 28th later pass, and not with the 27th", () => {
    const failed = run(1, check(0));
    expect(findOpenViolations([failed, run(2, checks(passing(27)))])).toMatchObject([{ passesSince: 27 }]);
    expect(findOpenViolations([failed, run(2, checks(passing(27))), run(3, check(1))])).toEqual([]);
  });

  it("is not closed by the other cases of the run that opened it, nor by earlier runs", () => {
    const runs = [run(0, checks(passing(100))), run(1, checks([0, ...passing(100)]))];
    expect(findOpenViolations(runs)).toMatchObject([{ passesSince: 0 }]);
  });

  it("starts its count again when the condition fails again", () => {
    const runs = [run(1, check(0)), run(2, checks(passing(20))), run(3, check(0)), run(4, checks(passing(20)))];
    expect(findOpenViolations(runs)).toMatchObject([{ passesSince: 20, failedAt: dayAt(3) }]);
  });

  it("is closed by the same condition in a later version of the pact, and by no other condition", () => {
    const failed = run(1, check(0));
    expect(findOpenViolations([failed, run(2, checks(passing(28), { pactDigest: digestOf("b2"), conditionId: "renamed" }))])).toEqual([]);
    expect(findOpenViolations([failed, run(2, checks(passing(28), { digest: digestOf("c2") }))])).toHaveLength(1);
  });

  it("found by the platform is not closed by the organization's own suites", () => {
    const own = { author: ownerOrg, assurance: "own_suite" } as const;
    expect(findOpenViolations([run(1, check(0)), run(2, checks(passing(99)), own)])).toMatchObject([{ passesSince: 0 }]);
    expect(findOpenViolations([run(1, check(0)), run(2, check(0), own), run(3, checks(passing(99)), own)])).toHaveLength(1);
    expect(findOpenViolations([run(1, check(0), own), run(2, checks(passing(28)), own)])).toEqual([]);
  });

  it("in production is closed by calls in production or by somebody else's suites, and not by the organization's own", () => {
    const production = { assurance: "confirmed_effect" } as const;
    const failed = run(1, check(0), production);
    expect(findOpenViolations([failed, run(2, checks(passing(28)), production)])).toEqual([]);
    expect(findOpenViolations([failed, run(2, checks(passing(27)), production), run(3, check(1))])).toEqual([]);
    const own = { author: ownerOrg, assurance: "own_suite" } as const;
    expect(findOpenViolations([failed, run(2, checks(passing(99)), own)])).toMatchObject([{ passesSince: 0 }]);
  });

  it("is neither opened nor closed by what was merely reported", () => {
    const reported = { assurance: "reported" } as const;
    expect(findOpenViolations([run(1, check(0), reported)])).toEqual([]);
    expect(findOpenViolations([run(1, check(0)), run(2, checks(passing(28)), reported)])).toHaveLength(1);
  });

  it("stays open for whatever follows that holds fewer than 28 passes", () => {
    const laterRuns = fc.array(fc.array(fc.constantFrom(0, 1), { maxLength: 12 }), { maxLength: 8 });
    fc.assert(
      fc.property(laterRuns, (later) => {
        const runs = [run(0, check(0)), ...later.map((values, day) => run(day + 1, checks(values)))];
        const lastFailure = later.findLastIndex((values) => values.includes(0));
        const passesSince = later.slice(lastFailure + 1).flat().length;
        const closedBefore = runs.slice(0, lastFailure + 2);
        expect(findOpenViolations(closedBefore)).toHaveLength(1);
        expect(findOpenViolations(runs)).toHaveLength(passesSince < 28 ? 1 : 0);
      }),
    );
  });
});
