import type { Missing, OpenViolation, UnavailableEntry } from "./evidence.ts";
import { judgement } from "./formula.ts";
import type { Tier } from "../../scores/names.ts";
import type { Posterior } from "./posterior.ts";

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const amount = (value: number): string => value.toFixed(1);
const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** One or two plain sentences on what is known of a dimension. */
export function explainDimension(
  { S, N, L, U }: Posterior,
  checks: number,
  unavailable: readonly Omit<UnavailableEntry, "dimension">[],
): string {
  const missing = unavailable.reduce((sum, { count }) => sum + count, 0);
  const note = missing === 0 ? "" : ` ${counted(missing, "check")} could not be scored, which counts neither way.`;
  if (N === 0) return `No evidence, so nothing is known.${note}`;
  return `${counted(checks, "check")} weigh ${amount(N)}, of which ${amount(S)} is good: the true rate is above ${percent(L)} with 95 % confidence, and below ${percent(U)} with 95 % confidence.${note}`;
}

/** What a dimension lacks and what would mend it. */
export function explainMissing({ dimension, has, needs, runsOfOtherSuites, repeatsOfEachSuite }: Omit<Missing, "inWords">): string {
  const repeats = repeatsOfEachSuite === null ? "" : `${counted(repeatsOfEachSuite, "more complete run")} of each suite already run, or `;
  const others = `a run each of ${counted(runsOfOtherSuites, "other suite")} by the platform or another organization, with ${judgement.adviceChecksPerRun} such checks`;
  return `${dimension} has ${amount(has)} of the ${amount(needs)} that a score needs. Enough would be ${repeats}${others}.`;
}

/** The score in one or two sentences. */
export function explainScore(
  compositeScore: number | null,
  tier: Tier | null,
  missing: readonly Missing[],
  violations: readonly OpenViolation[],
): string {
  if (compositeScore === null) return `No score yet: not enough evidence in ${missing.map(({ dimension }) => dimension).join(", ")}.`;
  const violated = violations.length === 0 ? "" : ` ${counted(violations.length, "critical condition")} of a pact is violated and open.`;
  return `${compositeScore} of 1000, with ${tier === null ? "no tier" : `tier ${tier}`}.${violated}`;
}
