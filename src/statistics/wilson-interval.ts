/** The normal quantiles of a two-sided 95 % interval, and of a one-sided one. */
export const twoSided95 = 1.959963984540054;
export const oneSided95 = 1.6448536269514722;

export type Interval = { readonly low: number; readonly high: number };

/**
 * Wilson's score interval (Wilson 1927) of a rate, for `hits` of `trials`, within [0, 1]; `z` is the normal quantile of its level.
 * Unlike the normal approximation it keeps its coverage for few dozen trials. Without any trial it is all of [0, 1].
 */
export function wilsonInterval(hits: number, trials: number, z: number): Interval {
  if (trials === 0) return { low: 0, high: 1 };
  const rate = hits / trials;
  const z2 = z ** 2;
  const centre = rate + z2 / (2 * trials);
  const spread = z * Math.sqrt((rate * (1 - rate)) / trials + z2 / (4 * trials ** 2));
  const scale = 1 + z2 / trials;
  // At 0 and at all of them, one end is the rate itself but for its last bits.
  return { low: Math.min(rate, Math.max(0, (centre - spread) / scale)), high: Math.max(rate, Math.min(1, (centre + spread) / scale)) };
}
