import { notRun, type EvidenceEntry, type EvidenceRecord, type UnavailableEntry } from "../scores/index.ts";
import type { Assurance } from "../../scores/names.ts";
import { wasAnswered, type CaseResult, type CheckResult } from "./result.ts";

/** Of whom, and under what test, a run is evidence. */
export type EvidenceSubject = {
  readonly runId: string;
  readonly suiteDigest: string;
  readonly author: string;
  readonly assurance: Assurance;
  readonly versionNumber: number;
  readonly versionDigest: string;
  readonly at: Date;
};
type Placed = { readonly caseIndex: number; readonly check: CheckResult };
type Unavailable = Omit<UnavailableEntry, "count">;
type Contribution = { readonly entry: EvidenceEntry } | { readonly unavailable: Unavailable } | null;

/**
 * What a run contributes to its agent's score. Passes and failures count as they are. Where the agent was silent, its checks are worth 0
 * if it answered any other case of the run, so that silence never beats a wrong answer; if it answered none, that was an outage, which
 * says nothing but that it was unreliable. Faults of the platform and the instrument, and what the agent says of itself, are listed as
 * unavailable; what was not applicable is left out. `notRunChecks` are the checks of cases that were never put to the agent.
 */
export function evidenceOf(subject: EvidenceSubject, cases: readonly CaseResult[], notRunChecks: readonly CheckResult[]): EvidenceRecord {
  const answeredSome = cases.some(wasAnswered);
  const asked = cases.flatMap(({ index, checks }) => checks.map((check) => contribution({ caseIndex: index, check }, answeredSome)));
  const skipped = notRunChecks.map(neverRun);
  const contributions = [...asked, ...skipped].filter((one) => one !== null);
  return {
    ...subject,
    at: subject.at.toISOString(),
    entries: contributions.flatMap((one) => ("entry" in one ? [one.entry] : [])),
    unavailable: countEach(contributions.flatMap((one) => ("unavailable" in one ? [one.unavailable] : []))),
  };
}

function contribution(placed: Placed, answeredSome: boolean): Contribution {
  const { check } = placed;
  if (breaksNothing(check)) return null;
  switch (check.status) {
    case "not_applicable":
      return null;
    case "pass":
    case "fail":
      return check.selfReported
        ? { unavailable: { dimension: check.dimension, reason: "self_reported", attribution: "agent" } }
        : { entry: entryOf(placed, check.value ?? 0) };
    case "unscored":
      return { unavailable: unavailableOf(check) };
    case "error":
      if (check.attribution !== "agent") return { unavailable: unavailableOf(check) };
      if (!answeredSome) return { unavailable: { dimension: check.dimension, reason: "agent_outage", attribution: "agent" } };
      return check.selfReported ? null : { entry: entryOf(placed, 0) };
  }
}

function neverRun(check: CheckResult): Contribution {
  if (check.status === "not_applicable" || check.selfReported || breaksNothing(check)) return null;
  if (check.status === "unscored") return { unavailable: unavailableOf(check) };
  return { unavailable: { dimension: check.dimension, reason: notRun, attribution: "platform" } };
}

/** A promise of severity `info` is reported, and is no part of compliance. */
const breaksNothing = ({ condition }: CheckResult): boolean => condition?.severity === "info";

const longestReason = 64;
const unavailableOf = ({ dimension, reason, attribution }: CheckResult): Unavailable => ({
  dimension,
  reason: (reason ?? "unscored").slice(0, longestReason),
  attribution: attribution ?? "instrument",
});

function entryOf({ caseIndex, check }: Placed, value: number): EvidenceEntry {
  const { dimension, place, condition, jury } = check;
  if (jury !== undefined) return { dimension, value, caseIndex, check: place, jury: instrumentOf(jury) };
  if (condition === null) return { dimension, value, caseIndex, check: place };
  const { id, digest, pactDigest, severity } = condition;
  return { dimension, value, caseIndex, check: place, condition: { digest, pactDigest, conditionId: id, severity } };
}

const instrumentOf = ({ panelDigest, promptDigest, calibrationId }: NonNullable<CheckResult["jury"]>) => ({
  panelDigest,
  promptDigest,
  calibrated: calibrationId !== null,
});

/** Equal ones become one with their number, in the order of their first. */
function countEach(all: readonly Unavailable[]): UnavailableEntry[] {
  const counts = new Map<string, UnavailableEntry>();
  for (const one of all) {
    const key = `${one.dimension} ${one.attribution} ${one.reason}`;
    counts.set(key, { ...one, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts.values()];
}
