import { describe, expect, it } from "vitest";
import { compileSuiteExpression } from "../../../../src/features/evals/checks/cel.ts";

describe("compileSuiteExpression", () => {
  it("compiles an expression once for all the cases that ask for it, while others are asked for in between", () => {
    const first = compileSuiteExpression("output.total > 1.0");
    expect(compileSuiteExpression("output.total > 2.0")).not.toBe(first);
    expect(compileSuiteExpression("output.total > 1.0")).toBe(first);
    const refused = compileSuiteExpression("unknown == 1");
    expect(refused.ok).toBe(false);
    expect(compileSuiteExpression("unknown == 1")).toBe(refused);
  });

  it("keeps those that were asked for last, and no more than a few", () => {
    const sources = Array.from({ length: 40 }, (_, index) => `latencyMs < ${index}.5`);
    const compiled = sources.map((source) => compileSuiteExpression(source));
    const kept = sources.toReversed().map((source) => compiled.includes(compileSuiteExpression(source)));
    expect(kept.indexOf(false)).toBeGreaterThan(0);
    expect(kept.lastIndexOf(true)).toBe(kept.indexOf(false) - 1);
    expect(kept.filter(Boolean).length).toBeLessThan(20);
  });
});
