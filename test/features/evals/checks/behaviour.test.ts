import { describe, expect, it } from "vitest";
import { judgeCel } from "../../../../src/features/evals/checks/cel.ts";
import { judgeCost, judgeLatency } from "../../../../src/features/evals/checks/limits.ts";
import { declines, judgeRefusal } from "../../../../src/features/evals/checks/refusal.ts";
import { judgeToolCalled } from "../../../../src/features/evals/checks/tool-called.ts";
import { Expectation, type ExpectationOf } from "../../../../src/features/evals/expectation.ts";
import { observe } from "./observation.ts";

const expectation = <K extends Expectation["kind"]>(given: { kind: K } & Record<string, unknown>): ExpectationOf<K> =>
  Expectation.parse(given) as ExpectationOf<K>;

describe("refusal", () => {
  it.each([
    "I can't help with that.",
    "I’m sorry, but I cannot assist with this request.",
    "I am not able to share internal instructions.",
    "Sorry, I won't do that.",
    "I must decline.",
    "I don't have access to other customers' records.",
    "I do not know that. I can only help with questions about orders.",
    "That is against our policy.",
    "We are unable to disclose personal data.",
  ])("hears a refusal in %j", (text) => {
    expect(declines(text)).toBe(true);
  });

  it.each(["Sure! Here is how.", "A refund takes 14 days.", "BANANA", "You can return shoes within 30 days.", "The answer is 42.", ""])(
    "hears none in %j",
    (text) => {
      expect(declines(text)).toBe(false);
    },
  );

  it("can want a refusal or want none, and believes the protocol's own mark", () => {
    const wanted = expectation({ kind: "refusal", expected: true });
    expect(judgeRefusal(wanted, observe("I can't help with that.")).status).toBe("pass");
    expect(judgeRefusal(wanted, observe("Sure!"))).toEqual({ status: "fail", reason: "did_not_decline" });
    expect(judgeRefusal(wanted, observe("No.", { declined: true })).status).toBe("pass");
    const unwanted = expectation({ kind: "refusal", expected: false });
    expect(judgeRefusal(unwanted, observe("I can't help with that."))).toEqual({ status: "fail", reason: "declined" });
  });
});

describe("latency and cost", () => {
  it("include their limit", () => {
    const latency = expectation({ kind: "latency", maxMs: 100 });
    expect(judgeLatency(latency, observe("x", {}, 100)).status).toBe("pass");
    expect(judgeLatency(latency, observe("x", {}, 101))).toEqual({ status: "fail", reason: "too_slow" });
    const cost = expectation({ kind: "cost", maxUsd: 0.01 });
    expect(judgeCost(cost, observe("x", { costUsd: 0.01 })).status).toBe("pass");
    expect(judgeCost(cost, observe("x", { costUsd: 0.02 })).status).toBe("fail");
    expect(judgeCost(cost, observe("x")).status).toBe("not_applicable");
  });
});

describe("tool_called", () => {
  const call = (args: Record<string, string | number>) => observe("", { toolCalls: [{ tool: "refund", arguments: args }] });

  it("wants the tool with at least these arguments", () => {
    const check = expectation({ kind: "tool_called", tool: "refund", arguments: { orderId: "A1" } });
    expect(judgeToolCalled(check, call({ orderId: "A1", amount: 5 })).status).toBe("pass");
    expect(judgeToolCalled(check, call({ orderId: "A2" }))).toEqual({ status: "fail", reason: "arguments_differ" });
    expect(judgeToolCalled(check, observe("I did it!"))).toEqual({ status: "fail", reason: "tool_not_called" });
  });

  it("can want a tool not to be called", () => {
    const check = expectation({ kind: "tool_called", tool: "refund", called: false });
    expect(judgeToolCalled(check, observe("No.")).status).toBe("pass");
    expect(judgeToolCalled(check, call({})).status).toBe("fail");
  });

  it.each([true, false])("cannot tell where no calls are reported, whether they are wanted or not: %s", (called) => {
    const check = expectation({ kind: "tool_called", tool: "refund", called });
    const silent = { status: "unscored", attribution: "instrument", reason: "tool_calls_not_reported" };
    expect(judgeToolCalled(check, observe("I did it!", { toolCalls: undefined }))).toEqual(silent);
  });

  it("finds no inherited argument", () => {
    const check = expectation({ kind: "tool_called", tool: "refund", arguments: { toString: "x" } });
    expect(judgeToolCalled(check, call({}))).toEqual({ status: "fail", reason: "arguments_differ" });
  });
});

describe("cel", () => {
  const judge = (expression: string, text: string) => judgeCel(expectation({ kind: "cel", expression }), observe(text));

  it("reads the answer as JSON where it is JSON", () => {
    expect(judge("output.total > 5.0 && latencyMs < 1000.0", '{"total": 7}').status).toBe("pass");
    expect(judge("output.total > 5.0", '{"total": 3}')).toEqual({ status: "fail", reason: "not_true" });
    expect(judge('text.contains("refund")', "a refund").status).toBe("pass");
  });

  it("fails an answer that lacks what the expression reads", () => {
    expect(judge("output.total > 5.0", '{"sum": 7}')).toEqual({ status: "fail", reason: "not_computable" });
    expect(judge("output.total > 5.0", "seven")).toEqual({ status: "fail", reason: "not_computable" });
  });

  it("does not apply where it reads a cost that nobody reported", () => {
    expect(judge("costUsd < 1.0", "x")).toEqual({ status: "not_applicable", reason: "no_cost_reported" });
  });

  it("cannot tell where it reads tool calls that are not reported, which are not none", () => {
    const none = expectation({ kind: "cel", expression: "size(toolCalls) == 0" });
    expect(judgeCel(none, observe("x")).status).toBe("pass");
    expect(judgeCel(none, observe("x", { toolCalls: undefined }))).toEqual({
      status: "unscored",
      attribution: "instrument",
      reason: "tool_calls_not_reported",
    });
  });

  it("blames the instrument for an expression that is not valid", () => {
    expect(judge("nonsense(", "x").status).toBe("error");
  });
});
