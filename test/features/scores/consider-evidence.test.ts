import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EvidenceRecord } from "../../../src/features/scores/evidence.ts";
import { orderEvidence, considerEvidence } from "../../../src/features/scores/consider-evidence.ts";
import { dayAt, digestOf, makeEntries, makeRecord, ownerOrg, passes } from "./make-evidence.ts";

const thousand = makeEntries(passes(999));
const run = (day: number, change: Partial<EvidenceRecord> = {}) => makeRecord({ at: dayAt(day), entries: thousand, ...change });
const selected = (records: readonly EvidenceRecord[]) => new Set(considerEvidence(records, ownerOrg).map(({ runId }) => runId));

describe("the evidence that a score considers", () => {
  it("is all of it, oldest first, where there is not too much", () => {
    const records = [run(3), run(1), run(2, { author: ownerOrg }), run(0)];
    expect(considerEvidence(records, ownerOrg).map(({ at }) => at)).toEqual([0, 1, 2, 3].map(dayAt));
  });

  it("is the newest of it where there is too much", () => {
    const records = Array.from({ length: 30 }, (_, day) => run(day));
    expect(selected(records)).toEqual(new Set(records.slice(10).map(({ runId }) => runId)));
  });

  it("keeps each suite's newest runs, however often another suite is run", () => {
    const rare = run(0, { suiteDigest: digestOf(2) });
    expect(selected([rare, ...Array.from({ length: 50 }, (_, day) => run(day + 1))])).toContain(rare.runId);
  });

  it("keeps what others authored before what the agent's own organization did", () => {
    const independent = run(0);
    const own = Array.from({ length: 50 }, (_, day) => run(day + 1, { author: ownerOrg, suiteDigest: digestOf(day + 10) }));
    expect(selected([independent, ...own])).toContain(independent.runId);
  });

  it("keeps the run of a critical violation, however much came after it", () => {
    const condition = { digest: digestOf("c"), pactDigest: digestOf("b"), conditionId: "c", severity: "critical" } as const;
    const violating = run(0, { entries: [{ dimension: "pactCompliance", value: 0, caseIndex: 0, check: "pact/0", condition }] });
    expect(selected([violating, ...Array.from({ length: 50 }, (_, day) => run(day + 1))])).toContain(violating.runId);
  });

  it("is bounded by runs that found nothing too", () => {
    const empty = Array.from({ length: 20_050 }, (_, day) => makeRecord({ at: dayAt(day % 300) }));
    expect(considerEvidence(empty, ownerOrg)).toHaveLength(20_000);
  });

  it("has one order, whatever order it comes in", () => {
    const entries = [
      ...makeEntries(passes(3)),
      ...makeEntries(passes(3), "safety"),
      { dimension: "safety", value: 0, caseIndex: 1, check: "1" } as const,
    ];
    const records = [0, 0, 1, 2, 2].map((day) => run(day, { entries }));
    const shuffled = fc.shuffledSubarray(records, { minLength: records.length });
    fc.assert(
      fc.property(shuffled, fc.shuffledSubarray(entries, { minLength: entries.length }), (some, order) => {
        expect(orderEvidence(some.map((record) => ({ ...record, entries: order })))).toEqual(orderEvidence(records));
      }),
    );
  });

  it("is found in a longer selection with the newest run added, so that a score which is stored with its run agrees with a later one", () => {
    const group = fc.record({ suite: fc.integer({ min: 1, max: 4 }), own: fc.boolean(), checks: fc.integer({ min: 0, max: 90 }) });
    fc.assert(
      fc.property(fc.array(group, { minLength: 1, maxLength: 40 }), (groups) => {
        const records = groups.map(({ suite, own, checks }, day) =>
          run(day, { suiteDigest: digestOf(suite), author: own ? ownerOrg : "platform", entries: makeEntries(passes(checks)) }),
        );
        const [older, newest] = [records.slice(0, -1), records.slice(-1)];
        const read = considerEvidence(older, ownerOrg, 400 + 91);
        expect(considerEvidence([...read, ...newest], ownerOrg, 400)).toEqual(considerEvidence(records, ownerOrg, 400));
      }),
    );
  });
});
