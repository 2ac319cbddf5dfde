import { guardUnprovenHost } from "../../access/flood-guard.ts";
import type { Environment } from "../../env.ts";

/** So many calls in a row of one host, in one run or calibration, may bring no completion. */
const mostInVain = 20;

export type VainCalls = {
  readonly mayCall: (host: string) => boolean;
  readonly note: (host: string, isAnswered: boolean) => Promise<void>;
};

/**
 * Calls of judges' hosts that brought no completion. Nobody proves that a judge's host wants our traffic: its completions alone say so, and
 * one that sends none is called no more. `count` counts a vain call beyond this run; false where there were too many.
 */
export function watchVainCalls(count: (host: string) => Promise<boolean>): VainCalls {
  const inVain = new Map<string, number>();
  return {
    mayCall: (host) => (inVain.get(host) ?? 0) < mostInVain,
    note: async (host, isAnswered) => {
      if (isAnswered) return void inVain.delete(host);
      const areFew = await count(host);
      inVain.set(host, areFew ? (inVain.get(host) ?? 0) + 1 : mostInVain);
    },
  };
}

/** With what the organization has others called in vain: runs that follow each other are no way around it. */
export const vainCallsOf = (env: Environment, orgId: string): VainCalls =>
  watchVainCalls((host) =>
    guardUnprovenHost(env, orgId, host).then(
      () => true,
      () => false,
    ),
  );
