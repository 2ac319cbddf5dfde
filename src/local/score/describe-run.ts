import type { z } from "zod";
import type { CaseView, Run } from "../../features/evals/schemas.ts";

type RunView = z.output<typeof Run>;

const percent = (share: number | null): string => (share === null ? "not known" : `${(share * 100).toFixed(1)} %`);
const words = (code: string): string => code.replaceAll("_", " ");

/** A run for the terminal: its verdict with what it rests on, and every case that did not pass with its reasons. */
export function describeRun(run: RunView, cases: readonly CaseView[]): string {
  const { counts } = run;
  const verdict = `${run.verdict ?? "none"}${run.reasonCodes.length === 0 ? "" : `, because of: ${run.reasonCodes.map(words).join(", ")}`}`;
  const others = cases.filter(({ status }) => status !== "pass").map(describeCase);
  return [
    `  verdict        ${verdict}`,
    `  pass rate      ${percent(run.passRate)}: ${counts.passed} passed, ${counts.failed} failed, of which ${counts.silent} were left without an answer`,
    `  availability   ${percent(run.availability)}: ${counts.errored} errors, ${counts.unscored} unscored, ${counts.notRun} not run, of ${counts.total} cases`,
    `  lower bound    ${percent(run.lower95)}: the true pass rate is above it with 95 % confidence; the suite asks for ${percent(run.floor)}`,
    ...(others.length === 0 ? ["", "  Every case passed."] : ["", "  What did not pass:", ...others]),
  ].join("\n");
}

function describeCase({ caseId, status, attribution, checks }: CaseView): string {
  const reasons = checks.filter((check) => check.status !== "pass" && check.status !== "not_applicable");
  const told = new Set(reasons.map(({ kind, reason }) => `${kind}: ${words(reason ?? "not scored")}`));
  return `    ${caseId}   ${words(status)}${attribution === null ? "" : `, attributed to the ${attribution}`}   (${[...told].join("; ")})`;
}

/** What a suite that somebody wrote for their own agent can tell, and what it cannot. */
export const whatAnOwnSuiteProves = `  What a suite of your own can prove, and what it cannot:
  - It finds what is wrong, and shows you whether a change made it better: that is what it is for.
  - It tells others little, for you chose the questions. Its checks weigh 0.5 where those of an independent author
    weigh 0.7, all your suites together weigh at most N = 12 in a dimension, and running one again adds less each time.
  - A score needs N = 10 in accuracy, pactCompliance, safety and reliability. pactCompliance comes from runs with an
    active pact alone.
  - A certification tier takes evidence that your organization did not write: the platform's suites, for a start.`;
