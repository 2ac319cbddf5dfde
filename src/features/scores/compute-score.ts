import { jsonDigest } from "../../crypto/digest.ts";
import { findOpenViolations } from "./critical-violations.ts";
import type { DimensionScore, Evidence, EvidenceRecord, Missing, ScoreDocument } from "./evidence.ts";
import { explainDimension, explainScore } from "./explain-score.ts";
import { findMissing } from "./find-missing.ts";
import { dimensions, formulaVersion, judgement, mapDimensions, requiredDimensions, round, tierFloors } from "./formula.ts";
import { dimensionNames, tierNames, type Dimension, type Tier } from "../../scores/names.ts";
import { posteriorOf, uncertaintyOf } from "./posterior.ts";
import { considerEvidence } from "./consider-evidence.ts";
import { weighEvidence } from "./weigh-evidence.ts";

/**
 * The score `ts-1` of an agent, from its evidence and nothing else. Anybody can recompute it, in this order:
 *
 * 1. considerEvidence: which records count, and their order; `evidenceDigest` is the SHA-256 of the RFC 8785 form of that list.
 * 2. weighEvidence, for each dimension: what each scored check weighs, authors capped last.
 * 3. posteriorOf: N, S, L and U, each rounded half up to six decimals and computed from the rounded ones before it; u = 2 / (2 + N).
 * 4. compositeScore: 1000 · exp(Σ v ln L / Σ v) of the rounded L, rounded half up, over the required dimensions and the optional ones with N ≥ 10;
 *    null where a required one has N < 10. confidence: 1 minus the largest u of the required ones.
 * 5. certificationTier: the highest whose floor every required L meets, where steps 2 and 3 are taken of the evidence that the agent's own
 *    organization did not author, N ≥ 10 each, and findOpenViolations finds none.
 *
 * Dates in the evidence are ISO 8601 in UTC. `asOf` becomes `computedAt`.
 */
export async function computeScore(given: Evidence): Promise<ScoreDocument> {
  const evidence: Evidence = { ...given, records: considerEvidence(given.records, given.ownerOrg) };
  const { records, asOf, versionNumber, runsOnRecord } = evidence;
  const byDimension = mapDimensions((dimension) => scoreDimension(evidence, dimension));
  const missing = requiredDimensions
    .filter((dimension) => isShort(byDimension[dimension].N))
    .map((dimension): Missing => findMissing(evidence, dimension, byDimension[dimension].N));
  const violations = findOpenViolations(records);
  const compositeScore = missing.length > 0 ? null : composite(byDimension);
  const certificationTier = violations.length > 0 ? null : tierOf(byDimension);
  const [first, last] = [records[0], records.at(-1)];
  return {
    status: compositeScore === null ? "insufficient_evidence" : "scored",
    compositeScore,
    certificationTier,
    confidence: round(1 - Math.max(...requiredDimensions.map((dimension) => byDimension[dimension].u))),
    totalEvals: records.length,
    passRate: meanValue(records),
    pactComplianceRate: meanValue(records, "pactCompliance"),
    inWords: explainScore(compositeScore, certificationTier, missing, violations),
    dimensions: byDimension,
    missing,
    openCriticalViolations: violations,
    computedAt: asOf,
    provenance: {
      formula: formulaVersion,
      agentVersionNumber: versionNumber,
      evidenceWindow: first === undefined || last === undefined ? null : { from: first.at, to: last.at },
      runs: records.length,
      checks: records.reduce((sum, { entries }) => sum + entries.length, 0),
      runsOnRecord,
      truncated: records.length < runsOnRecord,
      evidenceDigest: await jsonDigest(records),
    },
  };
}

const isShort = (N: number): boolean => N < judgement.minimumEvidence;

function scoreDimension(evidence: Evidence, dimension: Dimension): DimensionScore {
  const { records, ownerOrg } = evidence;
  const { weight, required, halfLifeDays } = dimensions[dimension];
  const weighed = weighEvidence(records, dimension, evidence);
  const posterior = posteriorOf(weighed);
  const checks = records.reduce((sum, { entries }) => sum + entries.filter((entry) => entry.dimension === dimension).length, 0);
  const unavailable = sumUnavailable(records, dimension);
  return {
    ...posterior,
    u: uncertaintyOf(posterior),
    inWords: explainDimension(posterior, checks, unavailable),
    weight,
    required,
    counted: required || !isShort(posterior.N),
    halfLifeDays,
    checks,
    independent: posteriorOf(weighed.filter(({ author }) => author !== ownerOrg)),
    unavailable,
  };
}

function sumUnavailable(records: readonly EvidenceRecord[], dimension: Dimension): DimensionScore["unavailable"] {
  const sums = new Map<string, DimensionScore["unavailable"][number]>();
  for (const { dimension: of, reason, attribution, count } of records.flatMap(({ unavailable }) => unavailable)) {
    if (of !== dimension) continue;
    const key = `${attribution} ${reason}`;
    sums.set(key, { reason, attribution, count: count + (sums.get(key)?.count ?? 0) });
  }
  return [...sums.keys()].toSorted().flatMap((key) => sums.get(key) ?? []);
}

type Dimensions = Record<Dimension, DimensionScore>;

/** The weighted geometric mean of the counted L, out of 1000: a weak dimension is not made up for by a strong one. */
function composite(byDimension: Dimensions): number {
  const counted = dimensionNames.map((name) => byDimension[name]).filter((dimension) => dimension.counted);
  const weights = counted.reduce((sum, { weight }) => sum + weight, 0);
  return Math.floor(1000 * Math.exp(counted.reduce((sum, { weight, L }) => sum + weight * Math.log(L), 0) / weights) + 0.5);
}

function tierOf(byDimension: Dimensions): Tier | null {
  const independent = requiredDimensions.map((name) => byDimension[name].independent);
  if (independent.some(({ N }) => isShort(N))) return null;
  return tierNames.find((tier) => independent.every(({ L }) => L >= tierFloors[tier])) ?? null;
}

function meanValue(records: readonly EvidenceRecord[], dimension?: Dimension): number | null {
  const values = records.flatMap(({ entries }) => entries.filter((entry) => dimension === undefined || entry.dimension === dimension));
  return values.length === 0 ? null : round(values.reduce((sum, { value }) => sum + value, 0) / values.length);
}
