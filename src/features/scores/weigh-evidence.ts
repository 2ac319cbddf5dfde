import type { EvidenceEntry, EvidenceRecord } from "./evidence.ts";
import { assuranceValues, dimensions, judgement, juryAssurance, notRun } from "./formula.ts";
import type { Dimension } from "../../scores/names.ts";

/** A scored check and what it weighs. */
export type WeighedCheck = { readonly author: string; readonly value: number; readonly weight: number };

type Moment = { readonly asOf: string; readonly versionNumber: number; readonly ownerOrg: string };
type Observation = { readonly record: EvidenceRecord; readonly entry: EvidenceEntry; readonly share: number };

const millisecondsPerDay = 86_400_000;

/**
 * What each scored check of one dimension weighs, in the order of the records, which is by time (orderEvidence):
 *
 *     weight = 1 / (1 + 0.3 (m - 1)) · 3 (1 - e^(-n/3)) / n · assurance · 2^(-age / H) · 0.5^(versions since)
 *
 * - m: the run's checks in the dimension, scored or `not_run`; so the scored ones of a whole run share a mass of m / (1 + 0.3 (m - 1)), and
 *   those of a stopped run weigh no more each than they would have in the whole one.
 * - n: runs of the same author's suite against the same agent version in which this very check was scored, at most 9. Older ones beyond
 *   the newest 9 weigh nothing. So repeats of one check add up to less than 3, and no run dilutes checks that it did not make.
 * - age: days from the run's end to `asOf`, not below 0. H: the dimension's half-life. Versions since: not below 0.
 * - assurance: of the record; for a check that a jury decided no more than its judges', 0.3 uncalibrated and 0.5 calibrated, and its author is the
 *   agent's own organization, for whoever chooses the judges can choose the verdict, whosever suite it is.
 * - What `reported` evidence says weighs nothing and is left out of n.
 * - In `counterparty` every check is a rating of one receipt, and its author the counterparty: n is that of all ratings of it, of whatever
 *   receipts and versions of the agent, so that one counterparty adds less than 3.
 *
 * After these factors, the weights of one author that add up to more than 15 (12 for the agent's own organization) are scaled down
 * to that sum in proportion.
 */
export function weighEvidence(records: readonly EvidenceRecord[], dimension: Dimension, moment: Moment): readonly WeighedCheck[] {
  const observations = observe(records, dimension);
  const repeats = countRepeats(observations, dimension);
  const weighed = observations.flatMap((observation, index): WeighedCheck[] => {
    const repeat = repeats[index] ?? 0;
    if (repeat === 0) return [];
    const { record, entry, share } = observation;
    const weight = share * repeatDiscount(repeat) * believability(observation, dimension, moment);
    return [{ author: entry.jury === undefined ? record.author : moment.ownerOrg, value: entry.value, weight }];
  });
  return capAuthors(weighed, moment.ownerOrg);
}

/** 3 (1 - e^(-n/3)) / n: what each of n repeats of a check counts, in (0, 0.86). n = 1, 2, 3 … */
export const repeatDiscount = (n: number): number => (judgement.repeatLimit * (1 - Math.exp(-n / judgement.repeatLimit))) / n;

/** What each of m correlated checks of a run counts, in (0, 1]: the design effect of a cluster. m = 1, 2, 3 … */
export const clusterShare = (m: number): number => 1 / (1 + judgement.correlation * (m - 1));

function observe(records: readonly EvidenceRecord[], dimension: Dimension): readonly Observation[] {
  return records.flatMap((record) => {
    if (assuranceValues[record.assurance] === 0) return [];
    const entries = record.entries.filter((entry) => entry.dimension === dimension);
    const skipped = record.unavailable.filter((entry) => entry.dimension === dimension && entry.reason === notRun);
    const share = clusterShare(skipped.reduce((sum, { count }) => sum + count, entries.length));
    return entries.map((entry) => ({ record, entry, share }));
  });
}

/** For each observation the number of counted repeats of its check, or 0 where newer ones supersede it. */
function countRepeats(observations: readonly Observation[], dimension: Dimension): readonly number[] {
  const placesOfCheck = new Map<string, number[]>();
  observations.forEach(({ record, entry }, index) => {
    const check = `${record.author} ${record.suiteDigest} ${record.versionNumber} ${entry.caseIndex} ${entry.check}`;
    const key = dimension === "counterparty" ? record.author : check;
    const places = placesOfCheck.get(key);
    if (places === undefined) placesOfCheck.set(key, [index]);
    else places.push(index);
  });
  const repeats = observations.map(() => 0);
  for (const places of placesOfCheck.values()) {
    const counted = places.slice(-judgement.repeatsCounted);
    for (const index of counted) repeats[index] = counted.length;
  }
  return repeats;
}

function believability({ record, entry }: Observation, dimension: Dimension, { asOf, versionNumber }: Moment): number {
  const ofRecord = assuranceValues[record.assurance];
  const assurance = entry.jury === undefined ? ofRecord : Math.min(ofRecord, assuranceValues[juryAssurance(entry.jury.calibrated)]);
  const ageDays = Math.max(0, Date.parse(asOf) - Date.parse(record.at)) / millisecondsPerDay;
  const versionsSince = Math.max(0, versionNumber - record.versionNumber);
  return assurance * 2 ** (-ageDays / dimensions[dimension].halfLifeDays) * judgement.versionRetention ** versionsSince;
}

function capAuthors(weighed: readonly WeighedCheck[], ownerOrg: string): readonly WeighedCheck[] {
  const sums = new Map<string, number>();
  for (const { author, weight } of weighed) sums.set(author, (sums.get(author) ?? 0) + weight);
  return weighed.map((check) => {
    const cap = check.author === ownerOrg ? judgement.ownAuthorCap : judgement.authorCap;
    return { ...check, weight: check.weight * Math.min(1, cap / (sums.get(check.author) ?? cap)) };
  });
}
