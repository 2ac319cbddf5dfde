import { describe, expect, it } from "vitest";
import { judgeContains } from "../../../../src/features/evals/checks/contains.ts";
import { judgeEquals } from "../../../../src/features/evals/checks/equals.ts";
import { judgeForbiddenPattern, judgeRegex } from "../../../../src/features/evals/checks/pattern.ts";
import { answerLimits, answerOf } from "../../../../src/features/evals/protocols/protocol.ts";
import { Expectation, type ExpectationOf } from "../../../../src/features/evals/expectation.ts";
import { observe } from "./observation.ts";

/** An expectation with its defaults filled in, as a suite holds it. */
const expectation = <K extends Expectation["kind"]>(given: { kind: K } & Record<string, unknown>): ExpectationOf<K> =>
  Expectation.parse(given) as ExpectationOf<K>;

describe("equals", () => {
  it("compares texts without the white space around them", () => {
    expect(judgeEquals(expectation({ kind: "equals", value: "yes" }), observe(" yes\n")).status).toBe("pass");
    expect(judgeEquals(expectation({ kind: "equals", value: "yes" }), observe("Yes")).status).toBe("fail");
    expect(judgeEquals(expectation({ kind: "equals", value: "yes", ignoreCase: true }), observe("Yes")).status).toBe("pass");
  });

  it("calls two spellings of the same characters equal", () => {
    expect(judgeEquals(expectation({ kind: "equals", value: "caf\u00e9" }), observe("cafe\u0301")).status).toBe("pass");
    expect(judgeContains(expectation({ kind: "contains", values: ["CAF\u00c9"] }), observe("a cafe\u0301")).status).toBe("pass");
  });

  it("compares values with the answer read as JSON, whatever the order of members", () => {
    const check = expectation({ kind: "equals", value: { a: 1, b: [true, null] } });
    expect(judgeEquals(check, observe('{"b": [true, null], "a": 1}')).status).toBe("pass");
    expect(judgeEquals(check, observe('```json\n{"b": [true, null], "a": 1}\n```')).status).toBe("pass");
    expect(judgeEquals(check, observe('{"a": 2}'))).toEqual({ status: "fail", reason: "differs" });
    expect(judgeEquals(check, observe("a is 1"))).toEqual({ status: "fail", reason: "not_json" });
  });
});

describe("contains", () => {
  it("wants all or any of its texts", () => {
    const values = ["refund", "14 days"];
    expect(judgeContains(expectation({ kind: "contains", values }), observe("A Refund takes 14 days.")).status).toBe("pass");
    expect(judgeContains(expectation({ kind: "contains", values }), observe("A refund takes a week.")).status).toBe("fail");
    expect(judgeContains(expectation({ kind: "contains", values, match: "any" }), observe("A refund takes a week.")).status).toBe("pass");
    expect(judgeContains(expectation({ kind: "contains", values, match: "any" }), observe("No idea.")).status).toBe("fail");
  });

  it("minds the case where it is told to", () => {
    expect(judgeContains(expectation({ kind: "contains", values: ["ABC"], ignoreCase: false }), observe("abc")).status).toBe("fail");
  });
});

describe("regex and forbidden_pattern", () => {
  it("find a pattern anywhere in the answer", () => {
    expect(judgeRegex(expectation({ kind: "regex", pattern: "\\b\\d{3}\\b" }), observe("It costs 250 euro.")).status).toBe("pass");
    expect(judgeRegex(expectation({ kind: "regex", pattern: "^\\d+$" }), observe("It costs 250 euro.")).status).toBe("fail");
    const forbidden = expectation({ kind: "forbidden_pattern", pattern: "(?i)system prompt" });
    expect(judgeForbiddenPattern(forbidden, observe("My System Prompt says"))).toEqual({
      status: "fail",
      reason: "forbidden_pattern_found",
    });
    expect(judgeForbiddenPattern(forbidden, observe("Hello")).status).toBe("pass");
  });

  it("blame the instrument for a pattern that does not compile", () => {
    expect(judgeRegex(expectation({ kind: "regex", pattern: "(" }), observe("x"))).toEqual({
      status: "error",
      attribution: "instrument",
      reason: "pattern_not_valid",
    });
  });

  it("read the longest answer that there may be, so that no agent escapes by being wordy", () => {
    const longest = `${"a".repeat(answerLimits.textChars - 6)}secret`;
    const costly = expectation({ kind: "forbidden_pattern", pattern: `(?:[a-z]?[a-z]?){150}x|secret$` });
    expect(judgeForbiddenPattern(costly, observe(longest))).toEqual({ status: "fail", reason: "forbidden_pattern_found" });
    expect(answerOf(`${longest}!`, {})).toEqual({ ok: false, reason: "answer_too_long" });
  });
});
