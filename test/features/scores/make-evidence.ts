import type { Evidence, EvidenceEntry, EvidenceRecord } from "../../../src/features/scores/evidence.ts";
import { notRun, requiredDimensions } from "../../../src/features/scores/formula.ts";
import type { Dimension } from "../../../src/scores/names.ts";
import { posteriorOf, type Posterior } from "../../../src/features/scores/posterior.ts";
import { orderEvidence } from "../../../src/features/scores/consider-evidence.ts";
import { weighEvidence } from "../../../src/features/scores/weigh-evidence.ts";

export const ownerOrg = "org_owner";
const startOfTime = Date.UTC(2026, 0, 1);
export const dayMs = 86_400_000;
export const dayAt = (day: number): string => new Date(startOfTime + day * dayMs).toISOString();
export const digestOf = (name: string | number): string => `sha256:${String(name).padStart(64, "0")}`;

let runs = 0;

/** A run of the platform's suite `1` on day 0, unless said otherwise. */
export function makeRecord(change: Partial<EvidenceRecord> = {}): EvidenceRecord {
  runs += 1;
  return {
    runId: `evl_${String(runs).padStart(22, "0")}`,
    suiteDigest: digestOf(1),
    author: "platform",
    assurance: "independent_suite",
    versionNumber: 1,
    versionDigest: digestOf("a"),
    at: dayAt(0),
    entries: [],
    unavailable: [],
    ...change,
  };
}

/** One check per case: 1 passed, 0 failed, null never ran. */
export const makeEntries = (values: readonly (number | null)[], dimension: Dimension = "accuracy"): EvidenceEntry[] =>
  values.flatMap((value, caseIndex) => (value === null ? [] : [{ dimension, value, caseIndex, check: "0" }]));

/** A run of one dimension; nulls are checks that never ran. */
export function makeRun(
  values: readonly (number | null)[],
  change: Partial<EvidenceRecord> = {},
  dimension: Dimension = "accuracy",
): EvidenceRecord {
  const skipped = values.filter((value) => value === null).length;
  return makeRecord({
    entries: makeEntries(values, dimension),
    unavailable: skipped === 0 ? [] : [{ dimension, reason: notRun, attribution: "agent", count: skipped }],
    ...change,
  });
}

/** A run in which every required dimension has these values. */
export const makeFullRun = (values: readonly number[], change: Partial<EvidenceRecord> = {}): EvidenceRecord =>
  makeRecord({ entries: requiredDimensions.flatMap((dimension) => makeEntries(values, dimension)), ...change });

export const passes = (count: number): number[] => Array.from({ length: count }, () => 1);

export function makeEvidence(records: readonly EvidenceRecord[], change: Partial<Evidence> = {}): Evidence {
  return {
    formula: "ts-1",
    agentId: "agt_0000000000000000000001",
    ownerOrg,
    versionNumber: 1,
    asOf: dayAt(0),
    runsOnRecord: records.length,
    records,
    ...change,
  };
}

/** What a dimension comes to. */
export function weigh(records: readonly EvidenceRecord[], change: Partial<Evidence> = {}, dimension: Dimension = "accuracy"): Posterior {
  return posteriorOf(weighEvidence(orderEvidence(records), dimension, makeEvidence(records, change)));
}
