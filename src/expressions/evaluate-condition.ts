import type { JsonValue } from "../crypto/canonical-json.ts";
import { applyRule } from "./apply-rule.ts";
import { celContext, compileCel, type CelContext, type CelProgram, type CelResult } from "./cel.ts";
import {
  observationVariables,
  type CelCondition,
  type Condition,
  type MeasureCondition,
  type OrderOperator,
  type OutputCondition,
  type ParamBindingCondition,
} from "./condition.ts";
import { compareDecimals, decimalOf } from "./decimal.ts";
import { comparable, weightOf } from "./json.ts";
import { follow, parsePath } from "./json-path.ts";
import { compilePattern } from "./pattern.ts";
import { searchText } from "./search-text.ts";
import { newWorkBudget, spend, withShare, workPerPact, type WorkBudget } from "./work-budget.ts";

export type ToolCall = { readonly tool: string; readonly arguments: JsonValue };
/** What was seen of one answer of an agent. What is undefined was not reported, which is not the same as zero or none. */
export type Observation = {
  readonly input?: JsonValue | undefined;
  readonly output?: JsonValue | undefined;
  /** The output as it was written, where `output` is what it reads as: promises of length are about the text. */
  readonly text?: string | undefined;
  readonly latencyMs?: number | undefined;
  readonly costUsd?: number | undefined;
  readonly toolCalls?: readonly ToolCall[] | undefined;
};

/**
 * What became of one condition. Only `pass` says that the promise was kept. `unscored` and `error` name whose fault it is
 * that it could not be told; `fail` names every demand that was broken, and never the values that broke it.
 */
export type ConditionOutcome =
  | { readonly status: "pass" }
  | { readonly status: "fail"; readonly reasons: readonly string[] }
  | { readonly status: "not_applicable"; readonly reasons: readonly string[] }
  | { readonly status: "unscored"; readonly reasons: readonly string[]; readonly attribution: "platform" | "instrument" }
  | { readonly status: "error"; readonly reasons: readonly string[]; readonly attribution: "agent" | "instrument" };
export type ConditionResult = ConditionOutcome & Pick<Condition, "severity"> & { readonly conditionId: string };

const pass: ConditionOutcome = { status: "pass" };
const fail = (...reasons: readonly string[]): ConditionOutcome => ({ status: "fail", reasons });
const notApplicable = (reason: string): ConditionOutcome => ({ status: "not_applicable", reasons: [reason] });
const unscored = (reason: string): ConditionOutcome => ({ status: "unscored", reasons: [reason], attribution: "instrument" });
/**
 * What the agent said cannot be judged with the work that is allowed. An accepted condition can judge any text of `guaranteedChars`,
 * and specimens of other values, so this is the agent's fault: were it not, whoever fears a check could answer at length.
 */
const beyondReach = (what: string): ConditionOutcome => ({
  status: "error",
  reasons: [`${what} too large to be checked`],
  attribution: "agent",
});
const judged = (kept: boolean, reason: string): ConditionOutcome => (kept ? pass : fail(reason));

/** How deep an output is read. */
const maxDepth = 64;
const perComparison = 64;

/**
 * Evaluates every condition on one observation; together they cost at most the budget. None takes more than half of it, and each is sure
 * of an equal part of the other half, so that what one takes leaves something for all.
 */
export function evaluateConditions(
  conditions: readonly Condition[],
  observation: Observation,
  budget: WorkBudget = newWorkBudget(workPerPact),
): readonly ConditionResult[] {
  const { input, output, latencyMs, costUsd } = observation;
  const toolCalls = observation.toolCalls?.map((call) => ({ tool: call.tool, arguments: call.arguments }));
  const values = celContext({ input, output, latencyMs, costUsd, toolCalls });
  const half = budget.remaining / 2;
  return conditions.map((condition, index) => {
    const left = (half / conditions.length) * (conditions.length - index - 1);
    const most = Math.floor(Math.min(half, budget.remaining - left));
    const outcome = withShare(budget, most, (share) => evaluateCondition(condition, observation, values, share));
    return { conditionId: condition.id, severity: condition.severity, ...outcome };
  });
}

function evaluateCondition(condition: Condition, observation: Observation, values: CelContext, budget: WorkBudget): ConditionOutcome {
  if (condition.verificationMethod === "jury")
    return { status: "unscored", reasons: ["judges hear only the jury checks of suites"], attribution: "platform" };
  switch (condition.type) {
    case "cel":
      return evaluateCel(condition, values, budget);
    case "param_binding":
      return evaluateParams(condition, observation, budget);
    case "output":
      return evaluateOutput(condition, observation, budget);
    default:
      return evaluateMeasure(condition, observation);
  }
}

function evaluateMeasure({ type, operator, value, unit }: MeasureCondition, observation: Observation): ConditionOutcome {
  const text = observation.text ?? observation.output;
  const measured = {
    latency_ms: observation.latencyMs,
    cost_usd: observation.costUsd,
    output_chars: typeof text === "string" ? text.length : undefined,
    tool_calls: observation.toolCalls?.length,
  }[type];
  if (measured === undefined) return unscored(`${type} was not reported`);
  const bound = unit === "s" ? value * 1_000 : value;
  return judged(compares(measured, operator, bound), `${type} ${measured} is not ${operator} ${bound}`);
}

/** Compares what the numbers print as: 0.1 + 0.2 is above 0.3, as it looks. */
function compares(left: number, operator: OrderOperator, right: number): boolean {
  const [a, b] = [decimalOf(left), decimalOf(right)];
  if (a === undefined || b === undefined) return false;
  const order = compareDecimals(a, b);
  const holds = { lt: order < 0, lte: order <= 0, gt: order > 0, gte: order >= 0, eq: order === 0, neq: order !== 0 };
  return holds[operator];
}

function evaluateOutput(condition: OutputCondition, { output }: Observation, budget: WorkBudget): ConditionOutcome {
  if (output === undefined) return unscored("output was not reported");
  const weight = weightOf(output, maxDepth);
  if (weight === Infinity) return { status: "error", reasons: ["the output is nested too deeply"], attribution: "agent" };
  const path = parsePath(condition.path ?? "");
  if (path === undefined) return { status: "error", reasons: ["the condition's path cannot be read"], attribution: "instrument" };
  const found = spend(budget, weight * 2) ? follow(output, path, budget) : undefined;
  if (found === undefined) return beyondReach("the output is");
  const place = condition.path === undefined ? "output" : `output ${condition.path}`;
  // Nothing there keeps no promise to be something; a promise not to be something has nothing to be about.
  const isNegative = condition.operator === "neq" || condition.operator === "excludes";
  if (!isNegative && (!found.whole || found.values.length === 0)) return fail(`${place} is not there`);
  if (found.values.length === 0) return notApplicable(`${place} is not there`);
  const holds = prepareTest(condition, budget);
  if (holds === undefined) return { status: "error", reasons: ["the condition's pattern cannot be read"], attribution: "instrument" };
  const results = found.values.map((value) => holds(value, budget));
  if (results.includes(false)) return fail(`${place} is not ${condition.operator} what the condition says`);
  return results.includes(undefined) ? beyondReach(`${place} is`) : pass;
}

/** Whether one value is as the condition says; undefined where the budget does not suffice to tell. */
type ValueTest = (value: JsonValue, budget: WorkBudget) => boolean | undefined;

function prepareTest({ operator, value: expected }: OutputCondition, budget: WorkBudget): ValueTest | undefined {
  switch (operator) {
    case "eq":
      return (value) => comparable(value) === comparable(expected);
    case "neq":
      return (value) => comparable(value) !== comparable(expected);
    case "contains":
    case "excludes":
      return (value, budget) => {
        const search = searchText(textOf(value), String(expected), budget);
        return search.ok ? search.found === (operator === "contains") : undefined;
      };
    case "matches":
      return prepareMatch(String(expected), budget);
    default:
      return (value, budget) => (spend(budget, perComparison) ? isOrdered(value, operator, expected) : undefined);
  }
}

const isOrdered = (value: JsonValue, operator: OrderOperator, expected: OutputCondition["value"]): boolean =>
  typeof value === "number" && typeof expected === "number" && compares(value, operator, expected);

function prepareMatch(source: string, budget: WorkBudget): ValueTest | undefined {
  const compiled = compilePattern(source, budget);
  if (!compiled.ok) return compiled.reason === "work_exceeded" ? () => undefined : undefined;
  return (value, budget) => {
    const test = compiled.pattern.test(textOf(value), budget);
    return test.ok ? test.matched : undefined;
  };
}

const textOf = (value: JsonValue): string => (typeof value === "string" ? value : JSON.stringify(value));

function evaluateCel(condition: CelCondition, values: CelContext, budget: WorkBudget): ConditionOutcome {
  const compiled = compileCel(condition.expression, observationVariables);
  if (!compiled.ok) return { status: "error", reasons: [compiled.detail], attribution: "instrument" };
  const { program } = compiled;
  const attribution = readsAnswer(program) ? "agent" : "instrument";
  if (!spend(budget, program.preparation)) return fromCel({ ok: false, reason: "work_exceeded" }, attribution);
  return fromCel(program.evaluate(values, budget), attribution);
}

/** What an agent answers must not be a way out of a check: an answer that the expression cannot read is the agent's fault. */
const readsAnswer = ({ reads }: CelProgram): boolean => reads.has("output") || reads.has("toolCalls");

function fromCel(result: CelResult, attribution: "agent" | "instrument"): ConditionOutcome {
  if (result.ok) return judged(result.value, "the expression is false");
  switch (result.reason) {
    case "missing":
      return unscored(`${result.variable} was not reported`);
    case "failed":
      return { status: "error", reasons: [`the expression cannot be computed: ${result.detail}`], attribution };
    case "too_deep":
      return { status: "error", reasons: ["a value is nested too deeply"], attribution };
    case "work_exceeded":
      return attribution === "agent" ? beyondReach("what the expression reads is") : unscored("work_exceeded");
  }
}

function evaluateParams({ tool, rules }: ParamBindingCondition, { toolCalls }: Observation, budget: WorkBudget): ConditionOutcome {
  if (toolCalls === undefined) return unscored("tool calls were not reported");
  const calls = toolCalls.filter((call) => call.tool === tool).map((call) => call.arguments);
  if (calls.length === 0) return notApplicable(`${tool} was not called`);
  const outcomes = rules.map((rule) => applyRule(rule, calls, budget));
  const violations = new Set(outcomes.flatMap((outcome) => outcome.violations));
  if (violations.size > 0) return fail(...violations);
  return outcomes.every(({ complete }) => complete) ? pass : beyondReach("the arguments are");
}
