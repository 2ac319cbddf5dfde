import type { ToolCall } from "../../../expressions/evaluate-condition.ts";
import { comparable, isJsonObject, memberOf } from "../../../expressions/json.ts";
import type { ExpectationOf } from "../expectation.ts";
import { passIf, unscored, type Judgement, type Observation } from "./judgement.ts";

/** A call of the tool that has the expected arguments; others that it has besides do not matter. */
export function judgeToolCalled(check: ExpectationOf<"tool_called">, { answer }: Observation): Judgement {
  if (answer.toolCalls === undefined) return unscored("tool_calls_not_reported");
  const ofTool = answer.toolCalls.filter(({ tool }) => tool === check.tool);
  const expected = Object.entries(check.arguments ?? {}).map(([name, value]) => [name, comparable(value)] as const);
  const matching = ofTool.filter((call) => hasArguments(call, expected));
  if (!check.called) return passIf(matching.length === 0, "tool_called");
  return passIf(matching.length > 0, ofTool.length > 0 ? "arguments_differ" : "tool_not_called");
}

function hasArguments({ arguments: given }: ToolCall, expected: readonly (readonly [name: string, value: string])[]): boolean {
  return expected.every(([name, value]) => {
    const actual = isJsonObject(given) ? memberOf(given, name) : undefined;
    return actual !== undefined && comparable(actual) === value;
  });
}
