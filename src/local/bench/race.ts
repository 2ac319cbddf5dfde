import { load, perSecond, type Run, type Target } from "./load.ts";
import type { Workerd } from "./processes.ts";
import { median } from "./statistics.ts";

/** A target and what was measured of it, a run a round. */
export type Runner = Target & { readonly runs: Run[] };

export const runner = (origin: string, requests: Target["requests"]): Runner => ({ origin, requests, runs: [] });

type Race = { readonly connections: number; readonly rounds: number; readonly seconds: number };

/** Lets the runners take turns in many short rounds; each is warmed up before the first. */
export async function race(workerd: Workerd, runners: readonly Runner[], { connections, rounds, seconds }: Race): Promise<void> {
  for (const target of runners) await load(workerd, target, connections, 2);
  await takeTurns(runners, rounds, async (target) => {
    target.runs.push(await load(workerd, target, connections, seconds));
  });
}

/** Gives each a turn in every round, every other one backwards, because the machine drifts and has other things to do. */
export async function takeTurns<Side>(sides: readonly Side[], rounds: number, turn: (side: Side) => Promise<void>): Promise<void> {
  for (let round = 0; round < rounds; round += 1) for (const side of round % 2 === 0 ? sides : sides.toReversed()) await turn(side);
}

/** All rounds as one run. */
export const together = ({ runs }: Runner): Run => ({
  durationsMs: runs.flatMap(({ durationsMs }) => durationsMs),
  elapsedMs: sum(runs.map(({ elapsedMs }) => elapsedMs)),
  cpuMs: sum(runs.map(({ cpuMs }) => cpuMs)),
});

/** The throughput of one runner over another's in the same round: the median over the rounds. */
export const ratioOf = (one: Runner, other: Runner): number => medianRatio(one.runs.map(perSecond), other.runs.map(perSecond));

/** One value over the other of the same round: the median over the rounds. */
export const medianRatio = (ones: readonly number[], others: readonly number[]): number =>
  median(ones.map((value, round) => value / (others[round] ?? NaN)));

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
