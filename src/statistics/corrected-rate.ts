import { twoSided95, type Interval } from "./wilson-interval.ts";

/** So many of so many. */
export type Tally = { readonly hits: number; readonly trials: number };
/** What a labelled set showed of an instrument: passes it found among the true passes, failures it found among the true failures. */
export type Accuracy = { readonly sensitivity: Tally; readonly specificity: Tally };
export type CorrectedRate = Interval & { readonly estimate: number };

/**
 * The true rate behind the rate that an imperfect instrument observed (Rogan & Gladen 1978), p = (p̂ + sp − 1) / (se + sp − 1), and its 95 %
 * interval where se and sp are themselves estimates from independent samples (Lang & Reiczigel, Prev. Vet. Med. 113, 2014): the
 * observed rate adjusted as by Agresti and Coull, one hit and one miss added to each sample of se and sp. All within [0, 1].
 * Undefined where nothing was observed or labelled, or where the instrument is no better than chance (se + sp ≤ 1).
 */
export function correctRate(observed: Tally, { sensitivity, specificity }: Accuracy): CorrectedRate | undefined {
  if ([observed, sensitivity, specificity].some(({ trials }) => trials === 0)) return undefined;
  const [rate, se, sp] = [rateOf(observed), rateOf(sensitivity), rateOf(specificity)];
  if (se + sp <= 1) return undefined;
  const z2 = twoSided95 ** 2;
  const n = observed.trials + z2;
  const p = (observed.hits + z2 / 2) / n;
  const [a, b] = [addOneEach(sensitivity), addOneEach(specificity)];
  const youden = a.rate + b.rate - 1;
  const middle = (p + b.rate - 1) / youden;
  const varianceOfSe = (a.rate * (1 - a.rate)) / a.trials;
  const varianceOfSp = (b.rate * (1 - b.rate)) / b.trials;
  const shift = 2 * z2 * (middle * varianceOfSe - (1 - middle) * varianceOfSp);
  const variance = (p * (1 - p)) / n + middle ** 2 * varianceOfSe + (1 - middle) ** 2 * varianceOfSp;
  const half = (twoSided95 * Math.sqrt(variance)) / youden;
  const estimate = clamp((rate + sp - 1) / (se + sp - 1));
  return { estimate, low: clamp(middle + shift - half), high: clamp(middle + shift + half) };
}

const rateOf = ({ hits, trials }: Tally): number => hits / trials;
const addOneEach = ({ hits, trials }: Tally) => ({ rate: (hits + 1) / (trials + 2), trials: trials + 2 });
const clamp = (value: number): number => Math.min(1, Math.max(0, value));
