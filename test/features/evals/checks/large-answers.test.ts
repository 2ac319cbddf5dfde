import { describe, expect, it } from "vitest";
import type { JsonValue } from "../../../../src/crypto/canonical-json.ts";
import { Condition } from "../../../../src/expressions/condition.ts";
import { judgeCel } from "../../../../src/features/evals/checks/cel.ts";
import { judgeJsonSchema } from "../../../../src/features/evals/checks/json-schema.ts";
import { pactJudge } from "../../../../src/features/evals/checks/pact.ts";
import { judgeForbiddenPattern } from "../../../../src/features/evals/checks/pattern.ts";
import { answerLimits } from "../../../../src/features/evals/protocols/protocol.ts";
import { observe } from "./observation.ts";

const common = { dimension: "accuracy", required: false, weight: 1 } as const;
const agentsFault = { status: "error", attribution: "agent", reason: "too_large_to_check" };
const numbers = JSON.stringify(Array.from({ length: 10_000 }, (_, i) => i));

/** What a check could not decide within its work must not leave the agent better off than a wrong answer would. */
describe("an answer that is too large to check", () => {
  it("is the agent's error in an expression that reads it", () => {
    const cel = (expression: string) => judgeCel({ ...common, kind: "cel", expression }, observe(numbers));
    expect(cel("output.all(a, output.all(b, a + b >= 0.0))")).toEqual(agentsFault);
    expect(cel("size(output) == 10000")).toEqual({ status: "pass" });
  });

  it("is the instrument's gap where the expression does not read it", () => {
    const letters = JSON.stringify(Array.from({ length: 25 }, String));
    const expression = `${letters}.all(a, ${letters}.all(b, ${letters}.all(c, ${letters}.all(d, input != a + b + c + d))))`;
    expect(judgeCel({ ...common, kind: "cel", expression }, observe(numbers))).toMatchObject({
      status: "unscored",
      attribution: "instrument",
    });
  });

  it("is the agent's error in a schema", () => {
    const list: JsonValue = { type: "array", items: { $ref: "#" } };
    const deep = `${"[".repeat(30)}1${"]".repeat(30)}`;
    expect(judgeJsonSchema({ ...common, kind: "json_schema", schema: { anyOf: [list, list] } }, observe(deep))).toEqual(agentsFault);
  });

  it("is judged whole by any pattern, in a suite and in a pact", async () => {
    const longest = `${"a".repeat(answerLimits.textChars - 1)}!`;
    const pattern = "a.{900}!";
    expect(judgeForbiddenPattern({ ...common, kind: "forbidden_pattern", pattern }, observe(longest))).toMatchObject({ status: "fail" });
    const matches = Condition.parse({ id: "c", severity: "major", type: "output", operator: "matches", value: pattern });
    const pact = await pactJudge({ conditions: [matches], digest: "sha256:p" });
    expect(pact.judge(observe(longest))).toEqual([{ status: "pass" }]);
  });

  it("is the agent's error in a condition, which leaves the others their part of the work", async () => {
    const cel = (expression: string) => Condition.parse({ id: "c", severity: "major", type: "cel", expression });
    const pact = await pactJudge({
      conditions: [...Array.from({ length: 31 }, () => cel("output.all(a, output.all(b, a + b >= 0.0))")), cel("size(output) == 10000")],
      digest: "sha256:p",
    });
    const judged = pact.judge(observe(numbers));
    expect(judged[0]).toMatchObject({ status: "error", attribution: "agent" });
    expect(judged.at(-1)).toEqual({ status: "pass" });
  });
});
