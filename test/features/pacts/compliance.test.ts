import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConditionsInput } from "../../../src/expressions/condition.ts";
import type { ConditionResult } from "../../../src/expressions/evaluate-condition.ts";
import { severities } from "../../../src/expressions/outcome.ts";
import { checkCall, checkObservation, judge } from "../../../src/features/pacts/compliance.ts";

const outcome = fc.oneof(
  fc.constant({ status: "pass" } as const),
  fc.constant({ status: "fail", reasons: ["a", "b"] } as const),
  fc.constant({ status: "not_applicable", reasons: ["n"] } as const),
  fc.constantFrom("platform", "instrument").map((attribution) => ({ status: "unscored", reasons: ["u"], attribution }) as const),
  fc.constantFrom("agent", "instrument").map((attribution) => ({ status: "error", reasons: ["e"], attribution }) as const),
);
const results = fc.array(
  fc
    .tuple(fc.constantFrom(...severities), outcome)
    .map(([severity, result]): ConditionResult => ({ conditionId: "c", severity, ...result })),
  { maxLength: 6 },
);
const binds = (result: ConditionResult) => result.severity !== "info";
const isBroken = (result: ConditionResult) => result.status === "fail" || (result.status === "error" && result.attribution === "agent");
const isOpen = (result: ConditionResult) => result.status === "unscored" || (result.status === "error" && result.attribution !== "agent");

describe("compliance", () => {
  it("is never true where anything that binds is broken or could not be told, or where nothing passed", () => {
    fc.assert(
      fc.property(results, (all) => {
        if (judge(all).compliant !== true) return;
        expect(all.filter(binds).some((result) => isBroken(result) || isOpen(result))).toBe(false);
        expect(all.some(({ status }) => status === "pass")).toBe(true);
      }),
    );
  });

  it("is false exactly where something that binds is broken, whatever else could not be told", () => {
    fc.assert(
      fc.property(results, (all) => {
        expect(judge(all).compliant === false).toBe(all.filter(binds).some(isBroken));
      }),
    );
  });

  it("never gets better by leaving a check out", () => {
    fc.assert(
      fc.property(results, fc.nat(), (all, at) => {
        const missing = all.map((result, i): ConditionResult => {
          if (i !== at % Math.max(1, all.length)) return result;
          return { conditionId: "c", severity: result.severity, status: "unscored", reasons: ["not reported"], attribution: "instrument" };
        });
        if (all.some(binds) && judge(all).compliant !== true && !all.some(isBroken)) expect(judge(missing).compliant).not.toBe(true);
      }),
    );
  });

  it("names every reason of every violation", () => {
    const result: ConditionResult = { conditionId: "c9", severity: "critical", status: "fail", reasons: ["x", "y"] };
    expect(judge([result]).violations).toEqual([
      { conditionId: "c9", severity: "critical", reason: "x" },
      { conditionId: "c9", severity: "critical", reason: "y" },
    ]);
  });
});

const conditions = ConditionsInput.parse([
  { id: "fast", type: "latency_ms", operator: "lt", value: 100, severity: "minor" },
  {
    id: "payee",
    type: "param_binding",
    tool: "pay",
    rules: [{ paramPath: "to", allowList: ["alice"], required: true }],
    severity: "critical",
  },
  { id: "no_wipe", type: "cel", expression: "!toolCalls.exists(call, call.tool == 'wipe')", severity: "critical" },
  { id: "polite", type: "output", operator: "excludes", value: "idiot", severity: "info" },
]);

describe("checking a call before it is made", () => {
  it("looks at the conditions that a call alone can break, and at no other", () => {
    const good = checkCall(conditions, { tool: "pay", arguments: { to: "alice" } });
    expect(good.compliant).toBe(true);
    expect(good.results.map(({ status }) => status)).toEqual(["not_applicable", "pass", "pass", "not_applicable"]);
    expect(checkCall(conditions, { tool: "pay", arguments: { to: "mallory" } })).toMatchObject({
      compliant: false,
      violations: [{ conditionId: "payee" }],
    });
    expect(checkCall(conditions, { tool: "wipe", arguments: {} })).toMatchObject({
      compliant: false,
      violations: [{ conditionId: "no_wipe" }],
    });
  });

  it("is no approval where the pact says nothing of the tool", () => {
    const bindings = conditions.filter(({ type }) => type === "param_binding");
    expect(checkCall(bindings, { tool: "read", arguments: {} }).compliant).toBeNull();
  });
});

describe("checking an observation", () => {
  it("is open where something was not reported, and settled where it was", () => {
    expect(checkObservation(conditions, { latencyMs: 50, output: "hi" }).compliant).toBeNull();
    expect(checkObservation(conditions, { latencyMs: 50, toolCalls: [] }).compliant).toBe(true);
    expect(checkObservation(conditions, { latencyMs: 150 }).compliant).toBe(false);
    expect(checkObservation(conditions, { latencyMs: 50, toolCalls: [], output: "idiot" })).toMatchObject({
      compliant: true,
      violations: [{ conditionId: "polite", severity: "info" }],
    });
  });
});
