import { canonicalJson, type JsonValue } from "../../../crypto/canonical-json.ts";
import type { ExpectationOf } from "../expectation.ts";
import { passIf, type Judgement, type Observation, type ToolCall } from "./judgement.ts";

/** A call of the tool that has the expected arguments; others that it has besides do not matter. */
export function judgeToolCalled(check: ExpectationOf<"tool_called">, { answer }: Observation): Judgement {
  const ofTool = answer.toolCalls.filter(({ name }) => name === check.tool);
  const matching = ofTool.filter((call) => hasArguments(call, check.arguments ?? {}));
  if (!check.called) return passIf(matching.length === 0, "tool_called");
  return passIf(matching.length > 0, ofTool.length > 0 ? "arguments_differ" : "tool_not_called");
}

function hasArguments(call: ToolCall, expected: Readonly<Record<string, JsonValue>>): boolean {
  const given = call.arguments;
  if (given === null || typeof given !== "object" || Array.isArray(given)) return Object.keys(expected).length === 0;
  const byName = new Map(Object.entries(given));
  return Object.entries(expected).every(([name, value]) => {
    const actual = byName.get(name);
    return actual !== undefined && canonicalJson(actual) === canonicalJson(value);
  });
}
