import type { EvidenceEntry, EvidenceRecord } from "./evidence.ts";
import { judgement } from "./formula.ts";

const compare = <T extends string | number>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

/** Oldest first; runs that finished in the same millisecond by their id, in code-unit order. */
const byTime = (a: EvidenceRecord, b: EvidenceRecord): number => compare(Date.parse(a.at), Date.parse(b.at)) || compare(a.runId, b.runId);

const byPlace = (a: EvidenceEntry, b: EvidenceEntry): number =>
  a.caseIndex - b.caseIndex || compare(a.check, b.check) || compare(a.dimension, b.dimension);

/** The one order of evidence: records by time, the entries of each by case, check and dimension. Digests and sums are taken in it. */
export const orderEvidence = (records: readonly EvidenceRecord[]): readonly EvidenceRecord[] =>
  records.map((record) => ({ ...record, entries: record.entries.toSorted(byPlace) })).toSorted(byTime);

/** Whether a check is a critical condition of a pact that was not kept. */
export const isCriticalFailure = ({ value, condition }: EvidenceEntry): boolean => condition?.severity === "critical" && value < 1;

/**
 * The records that a score considers, oldest first: all, unless they hold more than `checksConsidered` checks (a run itself counts as one
 * more). Then, in this order and while those before hold fewer: runs with a failed critical condition; runs of others' suites before those of the agent's own organization;
 * the newest run of each suite and version, then the second newest of each, and so on. So no run pushes out another suite's, nor a violation.
 */
export function considerEvidence(
  records: readonly EvidenceRecord[],
  ownerOrg: string,
  checksConsidered: number = judgement.checksConsidered,
): readonly EvidenceRecord[] {
  const runsOfGroup = new Map<string, number>();
  const ranked = records
    .toSorted((a, b) => byTime(b, a))
    .map((record) => {
      const group = `${record.author} ${record.suiteDigest} ${record.versionNumber}`;
      const place = runsOfGroup.get(group) ?? 0;
      runsOfGroup.set(group, place + 1);
      const rank = record.entries.some(isCriticalFailure) ? 0 : record.author === ownerOrg ? 2 : 1;
      return { record, place, rank };
    });
  ranked.sort((a, b) => a.rank - b.rank || a.place - b.place);
  let checksBefore = 0;
  const selected = ranked.filter(({ record }) => {
    const considered = checksBefore < checksConsidered;
    checksBefore += record.entries.length + 1;
    return considered;
  });
  return orderEvidence(selected.map(({ record }) => record));
}
