import { describe, expect, it } from "vitest";
import { pactJudge } from "../../../../src/features/evals/checks/pact.ts";
import { Condition } from "../../../../src/expressions/condition.ts";
import { observe } from "./observation.ts";

const promise = (over: Record<string, unknown>): Condition => Condition.parse({ id: "c", severity: "major", ...over });
const condition = (over: Record<string, unknown>): Condition => promise({ type: "output", operator: "contains", value: "hi", ...over });
const cel = (expression: string): Condition => promise({ type: "cel", expression });
const judge = (conditions: readonly Condition[]) => pactJudge({ conditions, digest: "sha256:p" });

describe("pactJudge", () => {
  it("judges every condition, in order", async () => {
    const pact = await judge([
      condition({}),
      promise({ type: "latency_ms", operator: "lte", value: 50 }),
      cel("output.total > 1.0"),
      promise({ type: "param_binding", tool: "refund", rules: [{ paramPath: "id", required: true }] }),
      condition({ verificationMethod: "jury" }),
    ]);
    const judged = pact.judge(observe("hi"));
    expect(judged.map(({ status }) => status)).toEqual(["pass", "fail", "error", "not_applicable", "unscored"]);
    // An answer that a condition cannot read is the agent's fault, or silence in another form would pay.
    expect(judged[2]).toMatchObject({ attribution: "agent" });
  });

  it("scores no promise about tool calls that are not reported, which are not none", async () => {
    const pact = await judge([
      promise({ type: "tool_calls", operator: "eq", value: 0 }),
      promise({ type: "param_binding", tool: "refund", rules: [{ paramPath: "id", required: true }] }),
      cel("size(toolCalls) == 0"),
    ]);
    expect(pact.judge(observe("hi")).map(({ status }) => status)).toEqual(["pass", "not_applicable", "pass"]);
    expect(pact.judge(observe("hi", { toolCalls: undefined })).map(({ status }) => status)).toEqual(["unscored", "unscored", "unscored"]);
  });

  it("measures the length of an answer that happens to be JSON too", async () => {
    const pact = await judge([promise({ type: "output_chars", operator: "lte", value: 10 }), cel("size(output) > 0")]);
    expect(pact.judge(observe('{"a":1}')).map(({ status }) => status)).toEqual(["pass", "pass"]);
    expect(pact.judge(observe('{"a":"long enough"}')).map(({ status }) => status)).toEqual(["fail", "pass"]);
    expect(pact.judge(observe("")).map(({ status }) => status)).toEqual(["pass", "fail"]);
  });

  it("knows a promise again in a later version, whatever it is called and described as", async () => {
    const digest = async (over: Record<string, unknown>) => (await judge([condition(over)])).conditions[0]?.condition.digest;
    expect(await digest({ id: "another", description: "in other words" })).toBe(await digest({}));
    expect(await digest({ value: "hello" })).not.toBe(await digest({}));
    expect(await digest({ severity: "critical" })).not.toBe(await digest({}));
  });

  it("marks what rests on the agent's own word", async () => {
    const cost = promise({ type: "cost_usd", operator: "lte", value: 1 });
    const pact = await judge([cost, cel("costUsd < 1.0"), cel("latencyMs < 1.0"), condition({})]);
    expect(pact.conditions.map(({ selfReported }) => selfReported)).toEqual([true, true, false, false]);
  });
});
