/**
 * The mean of what is left when the `cut` lowest and the `cut` highest values are dropped (the k-trimmed mean: Tukey 1962), so that nobody
 * among `cut` outliers moves it beyond the values of the others. Undefined where nothing would be left.
 */
export function trimmedMean(values: readonly number[], cut: number): number | undefined {
  const kept = values.toSorted((a, b) => a - b).slice(cut, values.length - cut);
  return kept.length === 0 ? undefined : kept.reduce((sum, value) => sum + value, 0) / kept.length;
}
