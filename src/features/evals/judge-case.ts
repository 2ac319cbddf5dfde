import { judgeCel, readsCost } from "./checks/cel.ts";
import { judgeContains } from "./checks/contains.ts";
import { judgeEquals } from "./checks/equals.ts";
import { judgeJsonSchema } from "./checks/json-schema.ts";
import { judgeByJury, noJury, type CaseJury } from "./checks/jury.ts";
import type { Judgement, Observation } from "./checks/judgement.ts";
import { notApplicable } from "./checks/judgement.ts";
import { judgeCost, judgeLatency } from "./checks/limits.ts";
import { judgeForbiddenPattern, judgeRegex } from "./checks/pattern.ts";
import { judgePii } from "./checks/pii.ts";
import { judgeRefusal } from "./checks/refusal.ts";
import { judgeToolCalled } from "./checks/tool-called.ts";
import type { PactJudge } from "./checks/pact.ts";
import type { Expectation } from "./expectation.ts";
import { answeredKind, type CaseStatus, type CheckResult } from "./result.ts";
import type { SuiteCase } from "./suite.ts";

/** What became of the question: an answer to judge, or whose fault it is that there is none. */
export type CaseOutcome =
  | { readonly ok: true; readonly observation: Observation }
  | { readonly ok: false; readonly attribution: "agent" | "platform"; readonly reason: string };

export type JudgedCase = { readonly status: CaseStatus; readonly checks: readonly CheckResult[] };

/** Judges one case: every expectation, and first of all whether the agent answered at all, which is what reliability is made of. */
export function judgeCase(suiteCase: SuiteCase, outcome: CaseOutcome, pact: PactJudge | null, jury: CaseJury = noJury): JudgedCase {
  if (!outcome.ok) return { status: "error", checks: checksWithoutAnswer(suiteCase, outcome, pact, jury.seated) };
  const checks = suiteCase.expectations.flatMap((expectation, place) =>
    judgeExpectation({ expectation, place }, outcome.observation, { pact, jury }),
  );
  return { status: caseStatus(checks, suiteCase.passThreshold), checks: [result(answered, { status: "pass" }), ...checks] };
}

type Placed = { readonly expectation: Expectation; readonly place: number };

type Judges = { readonly pact: PactJudge | null; readonly jury: CaseJury };

function judgeExpectation({ expectation, place }: Placed, observation: Observation, { pact, jury }: Judges): readonly CheckResult[] {
  const subject = { ...expectation, place: String(place) };
  if (expectation.kind === "jury") {
    const ruling = jury.rule(place);
    return [result(subject, judgeByJury(ruling), ruling.ok ? { value: ruling.finding.value, jury: ruling.finding } : {})];
  }
  if (expectation.kind !== "pact") return [result(subject, judge(expectation, observation), { selfReported: restsOnCost(expectation) })];
  if (pact === null) return [result(subject, notApplicable("no_pact"))];
  return pact.judge(observation).map((judgement, index) => pactResult(pact, index, expectation, judgement));
}

/** Only the agent itself says what an answer cost. */
const restsOnCost = (expectation: Expectation): boolean =>
  expectation.kind === "cost" || (expectation.kind === "cel" && readsCost(expectation.expression));

function judge(expectation: Exclude<Expectation, { kind: "pact" | "jury" }>, observation: Observation): Judgement {
  switch (expectation.kind) {
    case "equals":
      return judgeEquals(expectation, observation);
    case "contains":
      return judgeContains(expectation, observation);
    case "regex":
      return judgeRegex(expectation, observation);
    case "json_schema":
      return judgeJsonSchema(expectation, observation);
    case "cel":
      return judgeCel(expectation, observation);
    case "latency":
      return judgeLatency(expectation, observation);
    case "cost":
      return judgeCost(expectation, observation);
    case "forbidden_pattern":
      return judgeForbiddenPattern(expectation, observation);
    case "pii":
      return judgePii(expectation, observation);
    case "refusal":
      return judgeRefusal(expectation, observation);
    case "tool_called":
      return judgeToolCalled(expectation, observation);
  }
}

/** Every check of a case without an answer carries whose fault that is; what could not have been judged anyway stays as it is. */
export function checksWithoutAnswer(
  suiteCase: SuiteCase,
  { attribution, reason }: Extract<CaseOutcome, { ok: false }>,
  pact: PactJudge | null,
  jurySeated = false,
): readonly CheckResult[] {
  const fault = { status: "error", attribution, reason } as const;
  const checks = suiteCase.expectations.flatMap((expectation, place): readonly CheckResult[] => {
    const subject = { ...expectation, place: String(place) };
    if (expectation.kind === "jury" && !jurySeated) return [result(subject, judgeByJury(noJury.rule(place)))];
    if (expectation.kind === "cost") return [result(subject, notApplicable("no_cost_reported"), { selfReported: true })];
    if (expectation.kind !== "pact") return [result(subject, fault, { selfReported: restsOnCost(expectation) })];
    if (pact === null) return [result(subject, notApplicable("no_pact"))];
    return pact.conditions.map((_, index) => pactResult(pact, index, expectation, fault));
  });
  return [result(answered, attribution === "agent" ? { status: "fail", reason } : fault), ...checks];
}

type Subject = Pick<CheckResult, "place" | "kind" | "dimension"> & Partial<Pick<CheckResult, "required" | "weight">>;

const longestReason = 300;
const answered: Subject = { place: answeredKind, kind: answeredKind, dimension: "reliability" };

function pactResult(pact: PactJudge, index: number, expectation: Expectation, finding: Judgement): CheckResult {
  const { condition = null, selfReported = false } = pact.conditions[index] ?? {};
  // A promise of severity `info` is reported, and breaks nothing.
  const weight = condition?.severity === "info" ? 0 : expectation.weight;
  return result({ ...expectation, weight, place: `pact/${index}` }, finding, { condition, selfReported });
}

function result(
  subject: Subject,
  finding: Judgement,
  extra: Partial<Pick<CheckResult, "condition" | "selfReported" | "value" | "jury">> = {},
): CheckResult {
  return {
    place: subject.place,
    kind: subject.kind,
    dimension: subject.dimension,
    status: finding.status,
    value: extra.value ?? (finding.status === "pass" ? 1 : finding.status === "fail" ? 0 : null),
    attribution: "attribution" in finding ? finding.attribution : finding.status === "fail" ? "agent" : null,
    reason: "reason" in finding ? finding.reason.slice(0, longestReason) : null,
    required: subject.required ?? false,
    weight: subject.weight ?? 1,
    selfReported: extra.selfReported ?? false,
    condition: extra.condition ?? null,
    ...(extra.jury === undefined ? {} : { jury: extra.jury }),
  };
}

/** What an agent answers so that it cannot be checked is worth as much as a wrong answer. */
const isLost = ({ status, attribution }: CheckResult): boolean => status === "fail" || (status === "error" && attribution === "agent");

/** A case passes with the weighted share of its scored checks that it asks for, and every required one that was scored. */
function caseStatus(checks: readonly CheckResult[], threshold: number): CaseStatus {
  const scored = checks.filter((check) => (check.status === "pass" || isLost(check)) && check.weight > 0);
  if (scored.length === 0) {
    if (checks.some(({ status }) => status === "error")) return "error";
    return checks.some(({ status }) => status === "unscored") ? "unscored" : "not_applicable";
  }
  if (scored.some((check) => isLost(check) && check.required)) return "fail";
  const whole = scored.reduce((sum, { weight }) => sum + weight, 0);
  const reached = scored.reduce((sum, { weight, value }) => sum + weight * (value ?? 0), 0);
  return reached / whole >= threshold - 1e-9 ? "pass" : "fail";
}
