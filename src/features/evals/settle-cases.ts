import { jsonDigest } from "../../crypto/digest.ts";
import { notRun } from "../scores/index.ts";
import { silentJury, type CaseJury } from "./checks/jury.ts";
import type { PactJudge } from "./checks/pact.ts";
import { checksWithoutAnswer, judgeCase } from "./judge-case.ts";
import type { CaseResult, CheckResult } from "./result.ts";
import type { FinalStatus, RunStatus } from "./run.ts";
import type { SuiteCase } from "./suite.ts";

/** How a run ends: from which status, and in which. Only its tenant cancels one. */
export type Stop = { readonly from: RunStatus; readonly to: FinalStatus };

/**
 * What became of the cases of a suite that a run did not record, by their indexes. Cases are put to the agent in the suite's order, so what
 * it is being asked are the first `concurrency` of them. Where its tenant stops a running run, those are the agent's silence, or it could
 * hold open what it cannot answer until its owner cancels. Where we broke off, none is: it may have answered. The others were never put.
 */
export function splitUnrecorded(
  caseCount: number,
  recorded: ReadonlySet<number>,
  concurrency: number,
  { from, to }: Stop,
): { readonly asked: readonly number[]; readonly notRun: readonly number[] } {
  const unrecorded = Array.from({ length: caseCount }, (_, index) => index).filter((index) => !recorded.has(index));
  const inFlight = from === "running" && to === "cancelled" ? concurrency : 0;
  return { asked: unrecorded.slice(0, inFlight), notRun: unrecorded.slice(inFlight) };
}

export type RunToSettle = {
  readonly run: { readonly status: RunStatus; readonly concurrency: number; readonly judgePanelId: string | null };
  readonly suiteCases: readonly SuiteCase[];
  readonly pact: PactJudge | null;
  readonly recorded: readonly CaseResult[];
};
export type SettledCases = {
  /** Every case with a result, in the suite's order. */
  readonly results: readonly CaseResult[];
  /** Those of them that are yet to be recorded. */
  readonly unanswered: readonly CaseResult[];
  /** The checks of the cases without one. */
  readonly notRunChecks: readonly CheckResult[];
};

/** What a run that ends now in `to` has of each case of its suite. */
export async function settleCases({ run, suiteCases, pact, recorded }: RunToSettle, to: FinalStatus, now: Date): Promise<SettledCases> {
  const known = new Set(recorded.map(({ index }) => index));
  const { asked, notRun: skipped } = splitUnrecorded(suiteCases.length, known, run.concurrency, { from: run.status, to });
  const casesAt = (indexes: readonly number[]) => [...suiteCases.entries()].filter(([index]) => indexes.includes(index));
  const jury = silentJury(run.judgePanelId !== null);
  const unanswered = await Promise.all(casesAt(asked).map(([index, suiteCase]) => leaveUnanswered(suiteCase, index, { pact, jury }, now)));
  return {
    results: [...recorded, ...unanswered].toSorted((a, b) => a.index - b.index),
    unanswered,
    notRunChecks: casesAt(skipped).flatMap(([, suiteCase]) =>
      checksWithoutAnswer(suiteCase, { ok: false, attribution: "platform", reason: notRun }, pact, jury.seated),
    ),
  };
}

type Judges = { readonly pact: PactJudge | null; readonly jury: CaseJury };

async function leaveUnanswered(suiteCase: SuiteCase, index: number, { pact, jury }: Judges, at: Date): Promise<CaseResult> {
  return {
    ...judgeCase(suiteCase, { ok: false, attribution: "agent", reason: "cancelled_while_asked" }, pact, jury),
    index,
    caseId: suiteCase.id,
    attempts: [],
    inputDigest: await jsonDigest(suiteCase.input),
    outputDigest: null,
    latencyMs: null,
    at,
  };
}
