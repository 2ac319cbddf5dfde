import { betaQuantile } from "./beta-quantile.ts";
import { judgement, round } from "./formula.ts";
import type { WeighedCheck } from "./weigh-evidence.ts";

export type Posterior = { readonly S: number; readonly N: number; readonly L: number; readonly U: number };

/**
 * N = Σw and S = Σwx, rounded; L and U the 5 % and 95 % quantiles of Beta(1 + S, 1 + N - S) of the rounded N and S, rounded
 * (Jøsang and Ismail, The Beta Reputation System, 2002).
 */
export function posteriorOf(weighed: readonly WeighedCheck[]): Posterior {
  const N = round(weighed.reduce((sum, { weight }) => sum + weight, 0));
  const S = Math.min(N, round(weighed.reduce((sum, { weight, value }) => sum + weight * value, 0)));
  const quantile = (p: number): number => round(betaQuantile(p, 1 + S, 1 + N - S));
  return { S, N, L: quantile(judgement.lowerQuantile), U: quantile(judgement.upperQuantile) };
}

/** How uncertain a dimension is: 1 without evidence, towards 0 with much of it. */
export const uncertaintyOf = ({ N }: Posterior): number => round(2 / (2 + N));
