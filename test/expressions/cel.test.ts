import { Environment } from "@marcbachmann/cel-js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { celContext, celLimits, compileCel, type CelVariables } from "../../src/expressions/cel.ts";
import { toCelValue } from "../../src/expressions/cel-values.ts";
import { newWorkBudget } from "../../src/expressions/work-budget.ts";
import type { JsonValue } from "../../src/crypto/canonical-json.ts";

const variables: CelVariables = { input: "dyn", output: "dyn", latencyMs: "double", costUsd: "double", toolCalls: "list<dyn>" };
const compiled = (source: string) => {
  const result = compileCel(source, variables);
  if (!result.ok) throw new Error(`${result.reason}: ${result.detail}`);
  return result.program;
};
const evaluate = (source: string, values: Record<string, JsonValue | undefined>) => compiled(source).evaluate(celContext(values));

describe("compileCel", () => {
  it.each([
    ["output.status == 'ok' && latencyMs < 2000", true],
    ["output.items.all(item, item.price > 0 && item.name.matches('^[a-z]+$'))", true],
    ["output.items.exists(item, item.name.contains('ea'))", true],
    ["output.items.filter(item, item.price > 1.5).size() == 1", true],
    ["output.items.map(item, item.price)[0] == 2", true],
    ["has(output.status) && !has(output.error)", true],
    ["size(output.items) == 2 ? 'x' in ['x', 'y'] : false", true],
    ["output.items[1].name in {'tea': 1, 'milk': 2}", true],
    ["costUsd * 2.0 - 1.0 > -0.9 || output.status.startsWith('nope')", true],
    ["toolCalls.exists_one(call, call.tool == 'refund')", false],
    ["timestamp(output.at) < timestamp('2030-01-01T00:00:00Z') + duration('1h')", true],
    [`output.note == r"a\\b" || output.status == """ok"""`, true],
    ["type(output.status) == string && int(latencyMs) == 1200", true],
  ])("evaluates %s", (source, expected) => {
    const output = {
      status: "ok",
      at: "2026-01-02T03:04:05Z",
      note: "",
      items: [
        { name: "tea", price: 2 },
        { name: "milk", price: 1.5 },
      ],
    };
    expect(evaluate(source, { output, input: {}, latencyMs: 1200, costUsd: 0.1, toolCalls: [] })).toEqual({ ok: true, value: expected });
  });

  it.each([
    ["output.price >", "not_valid"],
    ["nobody == 1", "not_valid"],
    ["latencyMs + 1 > 2.0", "not_valid"],
    ["latencyMs == 'fast'", "not_valid"],
    ["latencyMs + 1.0", "not_boolean"],
    ["'a'.matches('(')", "pattern"],
    ["'a'.matches('(?=a)')", "pattern"],
    ["'a'.matches(output)", "not_supported"],
    ["duration(output) == duration('1s')", "not_supported"],
    [`duration('${"1".repeat(40)}s') == duration('1s')`, "not_supported"],
    ["cel.bind(x, 1, x == 1)", "not_supported"],
    ["['a'].join('b') == 'a'", "not_supported"],
    ["'a'.lowerAscii() == 'a'", "not_supported"],
    ["b'a' == b'a'", "not_supported"],
    ["google.protobuf == google.protobuf", "not_supported"],
    ["[1].all(output, true)", "not_supported"],
    ["meter(true)", "not_valid"],
    ["", "not_valid"],
  ])("refuses %j as %s, and says why", (source, reason) => {
    expect(compileCel(source, variables)).toMatchObject({ ok: false, reason, detail: expect.stringMatching(/.+/) });
  });

  it("is charged for each time that it is asked, and compiles an expression once while it is asked for again", () => {
    const asked = (source: string) => {
      const budget = newWorkBudget();
      const compilation = compileCel(source, variables, budget);
      return { compilation, work: newWorkBudget().remaining - budget.remaining };
    };
    const first = asked("output.matches('^[a-z]+$')");
    expect(asked("output.matches('^[a-z]+$')")).toEqual(first);
    expect(asked("output.matches('^[a-z]+$')").compilation).toBe(first.compilation);
    expect(asked("output.matches('^\\\\pL+$')").work).toBeGreaterThan(first.work + 10_000);
    expect(compileCel("output.matches('^\\\\pL+$')", variables, newWorkBudget(first.work))).toMatchObject({
      ok: false,
      reason: "work_exceeded",
    });
    expect(compileCel("output == 1", { output: "string" })).toMatchObject({ ok: false, reason: "not_valid" });
  });

  it("refuses an expression whose patterns take too much work together", () => {
    const pattern = (name: string) => `output.matches('${name}${"\\\\pL".repeat(20)}')`;
    expect(compileCel(pattern("a"), variables).ok).toBe(true);
    expect(compileCel([..."abcd"].map(pattern).join(" || "), variables)).toMatchObject({ ok: false, reason: "pattern" });
  });

  it("refuses what is too long, too large or nested too deeply", () => {
    const refusal = (source: string) => {
      const result = compileCel(source, variables);
      return result.ok ? undefined : result.reason;
    };
    expect(refusal(`${"(".repeat(celLimits.depth + 1)}true${")".repeat(celLimits.depth + 1)}`)).toBe("not_valid");
    expect(refusal(`0 < 1${"+1".repeat(celLimits.nodes)}`)).toBe("not_valid");
    expect(refusal(`0 < 1${"+1".repeat(110)}`)).toBe("not_supported");
    expect(refusal(`${"!".repeat(200)}true`)).toBe("not_supported");
    expect(refusal(`true //${" ".repeat(celLimits.sourceChars)}`)).toBe("too_long");
  });

  it("evaluates what is just within the limits, also where the stack is small", () => {
    const loops = (depth: number): string => (depth === 0 ? "output != 1" : `[1].all(x${depth}, ${loops(depth - 1)})`);
    const sources = [
      `0 < 1${"+1".repeat(95)}`,
      `${"(".repeat(celLimits.depth - 1)}true${")".repeat(celLimits.depth - 1)}`,
      `${"!".repeat(98)}true`,
      `output == 2${" || output == 2".repeat(60)}`,
      loops(celLimits.depth / 2 - 2),
      `${"[".repeat(celLimits.depth - 3)}output${"]".repeat(celLimits.depth - 3)} != []`,
    ];
    for (const source of sources) expect(evaluate(source, { output: 2 }), source).toEqual({ ok: true, value: true });
  });

  it("answers `missing` where a variable was not reported, even one that would not have been looked at", () => {
    expect(evaluate("true || costUsd < 1.0", { output: "x" })).toEqual({ ok: false, reason: "missing", variable: "costUsd" });
    expect(evaluate("output == null", { output: null })).toEqual({ ok: true, value: true });
  });

  it("answers `failed`, with a code and none of the data, where the values are not what the expression reads", () => {
    const secret = "hunter2";
    for (const source of [
      "output.price > 1",
      "output.items[3] == 1",
      "bool(output.name)",
      "output.name > 1",
      "1 / int(output.zero) == 1",
      "output",
    ]) {
      const result = evaluate(source, { output: { name: secret, items: [], zero: 0 } });
      expect(result).toMatchObject({ ok: false, reason: "failed" });
      expect(JSON.stringify(result)).not.toContain(secret);
    }
  });

  it("reads own members only, whatever they are called", () => {
    const output = JSON.parse('{"constructor": "a", "__proto__": "b", "hasOwnProperty": 1}');
    expect(evaluate("output.constructor == 'a' && output['__proto__'] == 'b' && output.hasOwnProperty == 1", { output })).toEqual({
      ok: true,
      value: true,
    });
    expect(evaluate("has(output.toString) || has(output.constructor)", { output: {} })).toEqual({ ok: true, value: false });
    expect(evaluate("output.toString == 'x'", { output: {} })).toMatchObject({ ok: false, reason: "failed" });
  });

  it("refuses values nested more deeply than it follows", () => {
    const nested = (depth: number): JsonValue => (depth === 0 ? 1 : [nested(depth - 1)]);
    expect(evaluate("size(output) == 1", { output: nested(64) })).toEqual({ ok: true, value: true });
    expect(evaluate("size(output) == 1", { output: nested(65) })).toEqual({ ok: false, reason: "too_deep" });
  });

  it("stays without an answer once the work is spent, also where the engine would swallow the error", () => {
    const output = Array.from({ length: 100 }, (_, i) => i);
    for (const source of [
      "output.all(x, output.all(y, x + y >= 0.0)) || true",
      "output.exists(x, output.exists(y, x > 200)) ? true : true",
    ]) {
      expect(compiled(source).evaluate(celContext({ output }), newWorkBudget(5_000))).toEqual({ ok: false, reason: "work_exceeded" });
      expect(compiled(source).evaluate(celContext({ output }))).toEqual({ ok: true, value: true });
    }
  });

  it("charges a budget that several expressions share", () => {
    const budget = newWorkBudget(20_000);
    const program = compiled("output.all(x, x >= 0)");
    const values = celContext({ output: Array.from({ length: 200 }, (_, i) => i) });
    const outcomes = Array.from({ length: 20 }, () => program.evaluate(values, budget).ok);
    expect(outcomes[0]).toBe(true);
    expect(outcomes.at(-1)).toBe(false);
  });
});

describe("expressions over the same variables", () => {
  it("keep their own patterns and budgets, however many are compiled and asked in between", () => {
    const programs = Array.from({ length: 600 }, (_, index) => compiled(`output.matches("^${index}$") || latencyMs == ${index}.5`));
    const ask = (index: number, values: Record<string, JsonValue>, units?: number) =>
      programs[index]?.evaluate(celContext(values), units === undefined ? undefined : newWorkBudget(units));
    for (const index of [0, 255, 256, 599, 1, 0]) {
      expect(ask(index, { output: String(index), latencyMs: 0 })).toEqual({ ok: true, value: true });
      expect(ask(index, { output: "none", latencyMs: index + 0.5 })).toEqual({ ok: true, value: true });
      expect(ask(index, { output: "none", latencyMs: 0 }, 20)).toEqual({ ok: false, reason: "work_exceeded" });
      expect(ask(index, { output: "none", latencyMs: 0 })).toEqual({ ok: true, value: false });
    }
  });
});

describe("the metered form of an expression", () => {
  const { number, text, truth, list } = fc.letrec<{ number: string; text: string; truth: string; list: string }>((tie) => ({
    number: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.constantFrom("0", "1", "-7", "output.n", "size(output.list)", "size('aé')"),
      fc.tuple(tie("number"), fc.constantFrom("+", "-", "*", "/", "%"), tie("number")).map(([a, op, b]) => `(${a} ${op} ${b})`),
      fc.tuple(tie("truth"), tie("number"), tie("number")).map(([c, a, b]) => `(${c} ? ${a} : ${b})`),
    ),
    text: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.constantFrom("'a'", `"b\\"c"`, "r'\\d'", "output.s", "output.list[0]", "output.nothing", "string(output.n)"),
      fc.tuple(tie("text"), tie("text")).map(([a, b]) => `(${a} + ${b})`),
    ),
    truth: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.constantFrom("true", "false", "output.b", "has(output.s)", "has(output.nothing)"),
      fc
        .tuple(tie("number"), fc.constantFrom("==", "!=", "<", "<=", ">", ">="), tie("number"))
        .map((parts) => parts.join(" "))
        .map((e) => `(${e})`),
      fc.tuple(tie("text"), fc.constantFrom("==", "!=", "<"), tie("text")).map((parts) => `(${parts.join(" ")})`),
      fc.tuple(tie("truth"), fc.constantFrom("&&", "||"), tie("truth")).map((parts) => `(${parts.join(" ")})`),
      tie("truth").map((e) => `!${e}`),
      fc.tuple(tie("text"), fc.constantFrom("contains", "startsWith", "endsWith"), tie("text")).map(([a, m, b]) => `${a}.${m}(${b})`),
      tie("text").map((e) => `${e}.matches('[a-c]+$')`),
      fc
        .tuple(tie("list"), fc.constantFrom("all", "exists", "exists_one"), tie("truth"))
        .map(([l, m, p]) => `${l}.${m}(x, x == 'a' || ${p})`),
      fc.tuple(tie("text"), tie("list")).map(([e, l]) => `${e} in ${l}`),
      fc.tuple(tie("list"), tie("list")).map(([a, b]) => `(${a} == ${b})`),
    ),
    list: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.constantFrom("output.list", "[]", "['a']"),
      fc.array(tie("text"), { maxLength: 3 }).map((items) => `[${items.join(", ")}]`),
      fc.tuple(tie("list"), tie("truth")).map(([l, p]) => `${l}.filter(y, y == 'a' && ${p})`),
      fc.tuple(tie("list"), tie("text")).map(([l, e]) => `${l}.map(z, z + ${e})`),
      fc.tuple(tie("list"), tie("list")).map(([a, b]) => `(${a} + ${b})`),
    ),
  }));
  const output = { n: 3, s: "cab", b: true, list: ["a", "b"] };

  it("gives what the engine gives for the expression itself", () => {
    let compared = 0;
    fc.assert(
      fc.property(
        fc.oneof(truth, number, text, list).map((e) => (e.startsWith("[") ? `${e} == []` : e)),
        (source) => {
          const result = compileCel(source, variables);
          if (!result.ok) return;
          const value = toCelValue(output, newWorkBudget());
          if (!value.ok) throw new Error(value.reason);
          const environment = new Environment({ homogeneousAggregateLiterals: false }).registerVariable("output", "dyn");
          let plain: unknown;
          try {
            plain = environment.evaluate(source, { output: value.value });
          } catch {
            plain = "failed";
          }
          const metered = result.program.evaluate(celContext({ output }));
          expect(metered.ok ? metered.value : metered.reason).toBe(typeof plain === "boolean" ? plain : "failed");
          compared += 1;
        },
      ),
      { numRuns: 2_000 },
    );
    expect(compared).toBeGreaterThan(300);
  });
});
