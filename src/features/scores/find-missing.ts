import type { Evidence, EvidenceEntry, EvidenceRecord, Missing } from "./evidence.ts";
import { explainMissing } from "./explain-score.ts";
import { assuranceValues, judgement, round } from "./formula.ts";
import type { Dimension } from "../../scores/names.ts";
import { posteriorOf } from "./posterior.ts";
import { clusterShare, repeatDiscount, weighEvidence } from "./weigh-evidence.ts";

/**
 * What a required dimension with `has` < 10 lacks, and how much would mend it: the first runs of how many other suites of 12 checks,
 * authored by others than the agent's organization; or how many more whole runs, now, of each suite already run (null where 9 would not do).
 */
export function findMissing(evidence: Evidence, dimension: Dimension, has: number): Missing {
  const needs = judgement.minimumEvidence;
  const checks = judgement.adviceChecksPerRun;
  const perRun = checks * clusterShare(checks) * repeatDiscount(1) * assuranceValues.independent_suite;
  const advice = {
    dimension,
    has,
    needs,
    runsOfOtherSuites: Math.ceil(round((needs - has) / perRun)),
    repeatsOfEachSuite: repeatsNeeded(evidence, dimension),
  };
  return { ...advice, inWords: explainMissing(advice) };
}

function repeatsNeeded(evidence: Evidence, dimension: Dimension): number | null {
  const wholeRuns = wholeRunOfEachSuite(evidence, dimension);
  const records = [...evidence.records];
  for (let repeats = 1; repeats <= judgement.repeatsCounted; repeats += 1) {
    records.push(...wholeRuns);
    if (posteriorOf(weighEvidence(records, dimension, evidence)).N >= judgement.minimumEvidence) return repeats;
  }
  return null;
}

/** A run, now and of the current version, of each suite, with every check that was ever scored in the dimension. */
function wholeRunOfEachSuite({ records, asOf, versionNumber }: Evidence, dimension: Dimension): readonly EvidenceRecord[] {
  const suites = new Map<string, { record: EvidenceRecord; entries: Map<string, EvidenceEntry> }>();
  for (const record of records) {
    const key = `${record.author} ${record.suiteDigest}`;
    const entries = suites.get(key)?.entries ?? new Map<string, EvidenceEntry>();
    for (const entry of record.entries) if (entry.dimension === dimension) entries.set(`${entry.caseIndex} ${entry.check}`, entry);
    suites.set(key, { record, entries });
  }
  return [...suites.values()].map(({ record, entries }) => ({
    ...record,
    at: asOf,
    versionNumber,
    entries: [...entries.values()],
    unavailable: [],
  }));
}
