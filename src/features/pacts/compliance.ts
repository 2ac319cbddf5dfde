import { compileCel } from "../../expressions/cel.ts";
import { observationVariables, type Condition } from "../../expressions/condition.ts";
import { evaluateConditions, type ConditionResult, type Observation, type ToolCall } from "../../expressions/evaluate-condition.ts";

export type Violation = { readonly conditionId: string; readonly severity: Condition["severity"]; readonly reason: string };

/** Whether an observation shows the pact kept, broken, or neither. */
export type Compliance = {
  /** Null: something that had to be checked could not be, or there was nothing to check. Never a pass. */
  readonly compliant: boolean | null;
  readonly results: readonly ConditionResult[];
  readonly violations: readonly Violation[];
};

export const checkObservation = (conditions: readonly Condition[], observation: Observation): Compliance =>
  judge(evaluateConditions(conditions, observation));

/** Checks a call before it is made, against the conditions that a tool call alone can break. */
export function checkCall(conditions: readonly Condition[], call: ToolCall): Compliance {
  const results = evaluateConditions(conditions.filter(judgesCalls), { toolCalls: [call] });
  const known = new Map(results.map((result) => [result.conditionId, result]));
  const beside = (condition: Condition): ConditionResult => ({
    conditionId: condition.id,
    severity: condition.severity,
    status: "not_applicable",
    reasons: ["says nothing of a single tool call"],
  });
  return judge(conditions.map((condition) => known.get(condition.id) ?? beside(condition)));
}

function judgesCalls(condition: Condition): boolean {
  if (condition.type === "param_binding") return true;
  if (condition.type !== "cel") return false;
  const compiled = compileCel(condition.expression, observationVariables);
  return compiled.ok && compiled.program.reads.size === 1 && compiled.program.reads.has("toolCalls");
}

/** Counts up what became of the conditions. `info` is for the record: it breaks no compliance and is missed by none. */
export function judge(results: readonly ConditionResult[]): Compliance {
  const violations = results.flatMap(violationsOf);
  const binding = results.filter(({ severity }) => severity !== "info");
  const isOpen = binding.some((result) => result.status === "unscored" || (result.status === "error" && !isAgentsFault(result)));
  if (violations.some(({ severity }) => severity !== "info")) return { compliant: false, results, violations };
  const isKept = !isOpen && results.some(({ status }) => status === "pass");
  return { compliant: isKept ? true : null, results, violations };
}

type BrokenCondition = Pick<Condition, "id" | "severity">;

/** The conditions that break a pact, each once however often it was not kept: one of severity `info` breaks none. */
export function brokenConditions(violated: readonly BrokenCondition[]): BrokenCondition[] {
  const binding = violated.filter(({ severity }) => severity !== "info");
  return [...new Map(binding.map(({ id, severity }) => [id, { id, severity }])).values()];
}

function violationsOf(result: ConditionResult): readonly Violation[] {
  if (result.status !== "fail" && !isAgentsFault(result)) return [];
  const { conditionId, severity } = result;
  return reasonsOf(result).map((reason) => ({ conditionId, severity, reason }));
}

const isAgentsFault = (result: ConditionResult): boolean => result.status === "error" && result.attribution === "agent";
const reasonsOf = (result: ConditionResult): readonly string[] => (result.status === "pass" ? [] : result.reasons);
