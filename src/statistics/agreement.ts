/** What several raters said of one thing: a category each, and nothing where a rater gave none. */
export type Unit = readonly string[];

/** The share of the pairs of raters of one thing that said the same, in [0, 1]; undefined for fewer than two. */
export function pairwiseAgreement(unit: Unit): number | undefined {
  const n = unit.length;
  if (n < 2) return undefined;
  return [...countOf(unit).values()].reduce((sum, count) => sum + count * (count - 1), 0) / (n * (n - 1));
}

/**
 * Krippendorff's alpha for nominal data and any number of raters, missing ratings allowed (Krippendorff, "Computing Krippendorff's
 * Alpha-Reliability", 2011, section C): 1 is full agreement, 0 what chance gives, below 0 systematic disagreement. Things with fewer than
 * two ratings say nothing. Undefined where nothing was rated twice, or where all ratings are the same, so that chance gives no measure.
 */
export function krippendorffAlpha(units: readonly Unit[]): number | undefined {
  const pairable = units.filter((unit) => unit.length >= 2);
  const ratings = pairable.flat();
  const n = ratings.length;
  const expected = 1 - [...countOf(ratings).values()].reduce((sum, count) => sum + count * (count - 1), 0) / (n * (n - 1));
  if (n === 0 || expected === 0) return undefined;
  const observed = pairable.reduce((sum, unit) => sum + unit.length * (1 - (pairwiseAgreement(unit) ?? 0)), 0) / n;
  return 1 - observed / expected;
}

function countOf(values: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
