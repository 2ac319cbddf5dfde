import { describe, expect, it } from "vitest";
import { type Condition, ConditionsInput } from "../../src/expressions/condition.ts";
import { evaluateConditions, type Observation } from "../../src/expressions/evaluate-condition.ts";
import { newWorkBudget } from "../../src/expressions/work-budget.ts";
import type { JsonValue } from "../../src/crypto/canonical-json.ts";

const written = (fields: object): Condition => {
  const [condition] = ConditionsInput.parse([{ id: "c1", severity: "major", ...fields }]);
  if (condition === undefined) throw new Error("no condition");
  return condition;
};
const evaluate = (fields: object, observation: Observation) => evaluateConditions([written(fields)], observation)[0];
const status = (fields: object, observation: Observation) => evaluate(fields, observation)?.status;
const issues = (...conditions: readonly object[]) => {
  const result = ConditionsInput.safeParse(conditions.map((fields, i) => ({ id: `c${i}`, severity: "minor", ...fields })));
  return result.success ? [] : result.error.issues.map((issue) => issue.path.join("."));
};
const calling = (tool: string, callArguments: JsonValue): Observation => ({ toolCalls: [{ tool, arguments: callArguments }] });

describe("a condition, as it is written", () => {
  it.each<[object, string]>([
    [{ type: "latency_ms", operator: "lt", value: 2, unit: "usd" }, "0.unit"],
    [{ type: "cost_usd", operator: "contains", value: 2 }, "0.operator"],
    [{ type: "latency_ms", operator: "lt", value: "2" }, "0.value"],
    [{ type: "output", operator: "matches", value: "(a+)+(?=b)" }, "0.value"],
    [{ type: "output", operator: "matches", value: 3 }, "0.value"],
    [{ type: "output", operator: "contains", value: "" }, "0.value"],
    [{ type: "output", operator: "lt", value: "a" }, "0.value"],
    [{ type: "output", operator: "eq", value: "a", path: "a..b" }, "0.path"],
    [{ type: "cel", expression: "latencyMs <" }, "0.expression"],
    [{ type: "cel", expression: "latencyMs < 'a'" }, "0.expression"],
    [{ type: "cel", expression: "output.matches('(')" }, "0.expression"],
    [{ type: "param_binding", tool: "pay", rules: [] }, "0.rules"],
    [{ type: "param_binding", tool: "pay", rules: [{ paramPath: "to" }] }, "0.rules.0"],
    [
      {
        type: "param_binding",
        tool: "pay",
        rules: [
          { paramPath: "to", required: true },
          { paramPath: "a b", maxAmount: 1 },
        ],
      },
      "0.rules.1.paramPath",
    ],
    [{ type: "param_binding", tool: "pay", rules: [{ paramPath: "to", regex: "[" }] }, "0.rules.0.regex"],
    [{ type: "param_binding", tool: "pay", rules: [{ paramPath: "to", valueRange: { min: 2, max: 1 } }] }, "0.rules.0.valueRange"],
    [{ type: "param_binding", tool: "pay", rules: [{ paramPath: "to", valueRange: {} }] }, "0.rules.0.valueRange"],
    [{ type: "opinion", value: 1 }, "0.type"],
    [{ type: "cel", expression: "true", unknown: 1 }, "0"],
    [{ type: "cel", expression: "true", id: "a b" }, "0.id"],
  ])("%j is refused at %s", (fields, path) => {
    expect(issues(fields)).toContain(path);
  });

  it("has an id of its own", () => {
    expect(issues({ type: "cel", expression: "true", id: "same" }, { type: "cel", expression: "true", id: "same" })).toEqual(["1.id"]);
  });
});

describe("a condition on a measurement", () => {
  it.each<[object, Observation, string]>([
    [{ type: "latency_ms", operator: "lte", value: 2, unit: "s" }, { latencyMs: 2_000 }, "pass"],
    [{ type: "latency_ms", operator: "lt", value: 2_000 }, { latencyMs: 2_000 }, "fail"],
    [{ type: "cost_usd", operator: "lt", value: 0.3 }, { costUsd: 0.1 + 0.2 }, "fail"],
    [{ type: "cost_usd", operator: "lte", value: 0.01, unit: "usd" }, { latencyMs: 5 }, "unscored"],
    [{ type: "output_chars", operator: "lte", value: 5 }, { output: "hello" }, "pass"],
    [{ type: "output_chars", operator: "lte", value: 5 }, { output: { a: 1 } }, "unscored"],
    [{ type: "tool_calls", operator: "eq", value: 0 }, { toolCalls: [] }, "pass"],
    [{ type: "tool_calls", operator: "eq", value: 0 }, {}, "unscored"],
  ])("%j on %j is %s", (fields, observation, expected) => {
    expect(status(fields, observation)).toBe(expected);
  });
});

describe("a condition on the output", () => {
  const output = { status: "ok", items: [{ price: 1 }, { price: 12 }, {}], note: null };
  it.each<[object, JsonValue, string]>([
    [{ operator: "contains", value: "world" }, "hello world", "pass"],
    [{ operator: "excludes", value: "world" }, "hello world", "fail"],
    [{ operator: "contains", value: '"status":"ok"' }, output, "pass"],
    [{ operator: "matches", value: "^h.+d$" }, "hello world", "pass"],
    [{ operator: "eq", value: "ok", path: "status" }, output, "pass"],
    [{ operator: "neq", value: "ok", path: "status" }, output, "fail"],
    [{ operator: "eq", value: null, path: "note" }, output, "pass"],
    [{ operator: "lt", value: 10, path: "items[0].price" }, output, "pass"],
    [{ operator: "lt", value: 10, path: "items[*].price" }, output, "fail"],
    [{ operator: "gt", value: 0, path: "items[*].price" }, output, "fail"],
    [{ operator: "gt", value: 0, path: "status" }, output, "fail"],
    [{ operator: "gt", value: 0, path: "nowhere" }, output, "fail"],
    [{ operator: "excludes", value: "x", path: "nowhere" }, output, "not_applicable"],
    [{ operator: "eq", value: "a", path: "constructor.name" }, output, "fail"],
    [{ operator: "matches", value: "[ab]{1,300}c$" }, "a".repeat(100_000), "error"],
    [{ operator: "matches", value: "a", path: "[*]" }, [..."a".repeat(9), "b", "a".repeat(300_000)], "fail"],
    [{ operator: "contains", value: `${"a".repeat(999)}b` }, "a".repeat(250_000), "fail"],
  ])("%j on %j is %s", (fields, value, expected) => {
    expect(status({ type: "output", ...fields }, { output: value })).toBe(expected);
  });

  it("is unscored without an output, and the agent's fault where the output is nested out of reach", () => {
    let deep: JsonValue = "x";
    for (let i = 0; i < 5_000; i++) deep = [deep];
    expect(evaluate({ type: "output", operator: "excludes", value: "x" }, {})).toMatchObject({
      status: "unscored",
      attribution: "instrument",
    });
    expect(evaluate({ type: "output", operator: "excludes", value: "x" }, { output: deep })).toMatchObject({
      status: "error",
      attribution: "agent",
    });
    expect(evaluate({ type: "cel", expression: "output != 'x'" }, { output: deep })).toMatchObject({
      status: "error",
      attribution: "agent",
    });
  });
});

describe("a condition in CEL", () => {
  it("passes, fails, and is unscored where something that it reads was not reported", () => {
    const fields = { type: "cel", expression: "latencyMs < 2000 && output.contains('refund')" };
    expect(status(fields, { latencyMs: 1_000, output: "a refund" })).toBe("pass");
    expect(status(fields, { latencyMs: 1_000, output: "no" })).toBe("fail");
    expect(evaluate(fields, { output: "a refund" })).toMatchObject({ status: "unscored", reasons: ["latencyMs was not reported"] });
  });

  it("that cannot be computed is the agent's error where it reads what the agent answered, and else the instrument's", () => {
    expect(evaluate({ type: "cel", expression: "output.total > 1" }, { output: "plain text" })).toMatchObject({
      status: "error",
      attribution: "agent",
    });
    expect(evaluate({ type: "cel", expression: "input.total > 1" }, { input: {} })).toMatchObject({
      status: "error",
      attribution: "instrument",
    });
  });

  const pairs = written({ type: "cel", expression: "output.all(a, output.all(b, a + b >= 0.0))" });
  const quick = { ...written({ type: "cel", expression: "size(output) > 1" }), id: "c2" };
  const output = Array.from({ length: 6_000 }, (_, i) => i);

  it("leaves the others their part of the budget, whatever it costs itself", () => {
    const statuses = (...conditions: readonly Condition[]) => evaluateConditions(conditions, { output }).map(({ status }) => status);
    expect(statuses(pairs, quick)).toEqual(["error", "pass"]);
    expect(statuses(...Array.from({ length: 31 }, () => pairs), quick).at(-1)).toBe("pass");
  });

  it("that costs too much is the agent's fault where it reads what the agent said, and else the instrument's", () => {
    expect(evaluateConditions([pairs], { output })[0]).toMatchObject({ status: "error", attribution: "agent" });
    const ofInput = written({ type: "cel", expression: "input.all(a, input.all(b, a + b >= 0.0))" });
    expect(evaluateConditions([ofInput], { input: output, output: "x" })[0]).toMatchObject({
      status: "unscored",
      reasons: ["work_exceeded"],
      attribution: "instrument",
    });
    expect(evaluateConditions([quick], { output }, newWorkBudget(10))[0]).toMatchObject({ status: "error", attribution: "agent" });
  });
});

describe("a condition for a jury", () => {
  it("is unscored, and never passes, because judges hear suites and no pacts", () => {
    const fields = { type: "output", operator: "contains", value: "a", verificationMethod: "jury" };
    expect(evaluate(fields, { output: "a" })).toMatchObject({
      status: "unscored",
      attribution: "platform",
      reasons: ["judges hear only the jury checks of suites"],
    });
  });
});

describe("a condition on a tool's parameters", () => {
  const binding = (...rules: readonly object[]) => ({ type: "param_binding", tool: "pay", rules });
  it.each<[object, JsonValue, readonly string[]]>([
    [{ paramPath: "to", allowList: ["alice", "bob"] }, { to: "alice" }, []],
    [{ paramPath: "to", allowList: ["alice", "bob"] }, { to: "mallory" }, ["to: not in allowList"]],
    [{ paramPath: "to", allowList: ["alice"] }, { to: ["alice", "mallory"] }, ["to: not in allowList"]],
    [{ paramPath: "to", allowList: ["alice"] }, { to: { name: "alice" } }, ["to: not a text, number, true, false or null"]],
    [{ paramPath: "to", allowList: [5] }, { to: "5" }, ["to: not in allowList"]],
    [{ paramPath: "to", denyList: [5] }, { to: "5" }, ["to: in denyList"]],
    [{ paramPath: "to", denyList: ["mallory"] }, { to: { hidden: "mallory" } }, ["to: not a text, number, true, false or null"]],
    [{ paramPath: "to", denyList: ["mallory"] }, {}, []],
    [{ paramPath: "to", regex: "^[a-z]+$" }, { to: "alice" }, []],
    [{ paramPath: "to", regex: "^[a-z]+$" }, { to: 5 }, ["to: does not match regex"]],
    [{ paramPath: "amount", maxAmount: 100 }, { amount: 100 }, []],
    [{ paramPath: "amount", maxAmount: 100 }, { amount: "100.00000000000000000001" }, ["amount: above maxAmount 100"]],
    [{ paramPath: "amount", maxAmount: 100 }, { amount: "1e9" }, ["amount: not a number"]],
    [{ paramPath: "amount", maxAmount: 100 }, { amount: -5 }, ["amount: below zero"]],
    [{ paramPath: "amount", valueRange: { min: 1, max: 3 } }, { amount: 0.5 }, ["amount: below 1"]],
    [{ paramPath: "amount", valueRange: { min: 1, max: 3 } }, { amount: [2, 4] }, ["amount: above 3"]],
    [{ paramPath: "amount", required: true }, {}, ["amount: required, but missing"]],
    [{ paramPath: "lines[*].sku", required: true }, { lines: [{ sku: "a" }, {}] }, ["lines[*].sku: required, but missing"]],
    [{ paramPath: "lines[*].sku", required: true }, { lines: [] }, ["lines[*].sku: required, but missing"]],
    [{ paramPath: "__proto__.admin", denyList: [true] }, {}, []],
  ])("%j on %j breaks %j", (rule, callArguments, reasons) => {
    const result = evaluate(binding(rule), calling("pay", callArguments));
    expect(result).toMatchObject(reasons.length === 0 ? { status: "pass" } : { status: "fail", reasons });
  });

  it("names every violation, of every rule and every call", () => {
    const rules = [
      { paramPath: "to", allowList: ["alice"], required: true },
      { paramPath: "amount", maxAmount: 100 },
    ];
    const toolCalls = [
      { tool: "pay", arguments: { to: "mallory", amount: 1_000 } },
      { tool: "read", arguments: {} },
      { tool: "pay", arguments: { amount: 5 } },
    ];
    expect(evaluate(binding(...rules), { toolCalls })).toMatchObject({
      status: "fail",
      reasons: ["to: not in allowList", "to: required, but missing", "amount: above maxAmount 100"],
    });
  });

  it("does not apply to other tools, and is unscored where nobody said which tools were called", () => {
    expect(status(binding({ paramPath: "to", required: true }), calling("read", {}))).toBe("not_applicable");
    expect(status(binding({ paramPath: "to", required: true }), {})).toBe("unscored");
  });

  it("does not outlast its budget on a call with very many values, which is the agent's fault", () => {
    const slow = binding({ paramPath: "to", regex: "(?:a|b)*a(?:a|b){20}c" });
    const to = Array.from({ length: 40_000 }, () => `a${"ba".repeat(10)}c`);
    expect(evaluate(slow, calling("pay", { to }))).toMatchObject({ status: "error", attribution: "agent" });
    expect(evaluate(slow, calling("pay", { to: "a".repeat(300_000) }))).toMatchObject({ status: "error", attribution: "agent" });
  });

  it("names what is broken even where something else is too large to be checked, whichever comes first", () => {
    const slow = { paramPath: "note", regex: "(?:a|b)*a(?:a|b){20}c" };
    const limit = { paramPath: "amount", maxAmount: 100 };
    const call = calling("pay", { note: "ab".repeat(1_000_000), amount: 1_000 });
    for (const rules of [
      [slow, limit],
      [limit, slow],
    ]) {
      expect(evaluate(binding(...rules), call)).toMatchObject({ status: "fail", reasons: ["amount: above maxAmount 100"] });
    }
  });

  it("prepares its rules only where there is a value to judge, and is charged for what it prepares", () => {
    const pay = written(binding({ paramPath: "to", regex: `^[\\p{L} ]{1,100}$`, allowList: Array.from({ length: 200 }, String) }));
    const work = (callArguments: JsonValue) => {
      const budget = newWorkBudget();
      evaluateConditions([pay], calling("pay", callArguments), budget);
      return newWorkBudget().remaining - budget.remaining;
    };
    expect(work({})).toBeLessThan(100);
    expect(work({ other: "x".repeat(1_000) })).toBeLessThan(100);
    expect(work({ to: "x" })).toBeGreaterThan(200_000);
  });
});

describe("a pact, as it is written", () => {
  const rules = (regex: (i: number) => string) =>
    Array.from({ length: 32 }, (_, c) => ({
      type: "param_binding",
      tool: "pay",
      rules: Array.from({ length: 16 }, (_, r) => ({ paramPath: "to", regex: regex(c * 16 + r) })),
    }));

  it("may hold as many simple patterns as it has places for", () => {
    expect(issues(...rules((i) => `^[a-z]+ ${i}$`))).toEqual([]);
  });

  it("is refused where its patterns take too much work to prepare, or to judge a small answer, together", () => {
    expect(issues(...rules((i) => `(?i)${"\\PL".repeat(110)}${i}`))).toHaveLength(512);
    expect(issues(...rules((i) => `(?i)\\PL{5}${i}`)).length).toBeGreaterThan(0);
    expect(issues(...rules((i) => `a.{100}${i}`)).length).toBeGreaterThan(100);
    const outputs = Array.from({ length: 32 }, (_, i) => ({ type: "output", operator: "matches", value: `a.{900}${i}` }));
    expect(issues(...outputs)).toContain("31.value");
    expect(issues(...outputs.slice(0, 4))).toEqual([]);
  });

  it("is refused where an expression cannot judge a small answer", () => {
    const triple = (list: string) => `${list}.all(a, ${list}.all(b, ${list}.all(c, a.x + b.x + c.x >= 0.0)))`;
    expect(issues({ type: "cel", expression: triple("output") }), "a list").toEqual(["0.expression"]);
    expect(issues({ type: "cel", expression: triple("output.items") })).toEqual(["0.expression"]);
    expect(issues({ type: "cel", expression: "output.items.all(a, output.items.exists_one(b, a.id == b.id))" })).toEqual([]);
  });
});
