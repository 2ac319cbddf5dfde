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
});
