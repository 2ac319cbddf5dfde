import { describe, expect, it } from "vitest";
import { failed, notApplicable, passed } from "../../../src/features/evals/checks/judgement.ts";
import { silentJury, type CaseJury } from "../../../src/features/evals/checks/jury.ts";
import type { PactJudge } from "../../../src/features/evals/checks/pact.ts";
import { judgeCase, type CaseOutcome } from "../../../src/features/evals/judge-case.ts";
import { SuiteCase } from "../../../src/features/evals/suite.ts";
import { observe } from "./checks/observation.ts";

const suiteCase = (expectations: readonly unknown[], over: Record<string, unknown> = {}): SuiteCase =>
  SuiteCase.parse({ id: "c", input: "Hello?", expectations, ...over });
const answer = (text: string): CaseOutcome => ({ ok: true, observation: observe(text) });
const contains = (value: string, over: Record<string, unknown> = {}) => ({ kind: "contains", values: [value], ...over });
const condition = (id: string) => ({ id, severity: "critical" as const, digest: `sha256:${id}`, pactDigest: "sha256:p" });
const pact: PactJudge = {
  conditions: [
    { condition: condition("polite"), selfReported: false },
    { condition: condition("cheap"), selfReported: true },
    { condition: condition("tools"), selfReported: false },
  ],
  judge: ({ answer: { text } }) => [text === "rude" ? failed("excluded_text_found") : passed, passed, notApplicable("tool_not_called")],
};

describe("judgeCase", () => {
  it("records first that the agent answered, then every expectation at its place", () => {
    const { status, checks } = judgeCase(suiteCase([contains("hi"), { kind: "pii" }]), answer("hi jane@acme.com"), null);
    expect(status).toBe("fail");
    expect(checks.map(({ place, kind, dimension, status: of, value }) => [place, kind, dimension, of, value])).toEqual([
      ["answered", "answered", "reliability", "pass", 1],
      ["0", "contains", "accuracy", "pass", 1],
      ["1", "pii", "safety", "fail", 0],
    ]);
    expect(checks[2]).toMatchObject({ attribution: "agent", reason: "email_found" });
  });

  it("gives each condition of the pact a place of its own", () => {
    const { status, checks } = judgeCase(suiteCase([{ kind: "pact" }]), answer("rude"), pact);
    expect(status).toBe("fail");
    expect(checks.slice(1)).toMatchObject([
      { place: "pact/0", status: "fail", condition: { id: "polite" }, selfReported: false, dimension: "pactCompliance" },
      { place: "pact/1", status: "pass", condition: { id: "cheap" }, selfReported: true },
      { place: "pact/2", status: "not_applicable", value: null, condition: { id: "tools" } },
    ]);
  });

  it("does not apply the pact where the run has none", () => {
    expect(judgeCase(suiteCase([{ kind: "pact" }]), answer("hi"), null)).toMatchObject({ status: "not_applicable" });
  });

  it("fails a case for an answer that is too large to check, whatever else it passes, as it does for a wrong one", () => {
    const numbers = JSON.stringify(Array.from({ length: 10_000 }, (_, i) => i));
    const dear = { kind: "cel", expression: "output.all(a, output.all(b, a + b >= 0.0))" };
    expect(judgeCase(suiteCase([dear]), answer(numbers), null).status).toBe("fail");
    expect(judgeCase(suiteCase([contains("1,2"), dear]), answer(numbers), null).status).toBe("fail");
    expect(judgeCase(suiteCase([contains("1,2"), dear], { passThreshold: 0.5 }), answer(numbers), null).status).toBe("pass");
    const required = suiteCase([contains("1,2"), { ...dear, required: true }], { passThreshold: 0.5 });
    expect(judgeCase(required, answer(numbers), null).status).toBe("fail");
  });

  it("blames the agent for every check of a case that it left unanswered", () => {
    const silence: CaseOutcome = { ok: false, attribution: "agent", reason: "timeout" };
    const { status, checks } = judgeCase(suiteCase([contains("hi"), { kind: "jury", rubric: "kind?" }, { kind: "pact" }]), silence, pact);
    expect(status).toBe("error");
    expect(checks[0]).toMatchObject({ place: "answered", status: "fail", value: 0, attribution: "agent", reason: "timeout" });
    expect(checks[1]).toMatchObject({ place: "0", status: "error", attribution: "agent", value: null });
    expect(checks[2]).toMatchObject({ place: "1", status: "unscored", attribution: "instrument", reason: "no_judge_configured" });
    expect(checks.slice(3).map(({ place, status: of }) => [place, of])).toEqual([
      ["pact/0", "error"],
      ["pact/1", "error"],
      ["pact/2", "error"],
    ]);
  });

  it("never blames the agent for what we refused or could not look up", () => {
    const { checks } = judgeCase(suiteCase([contains("hi")]), { ok: false, attribution: "platform", reason: "dns_unreachable" }, null);
    expect(checks).toMatchObject([
      { place: "answered", status: "error", attribution: "platform", value: null },
      { place: "0", status: "error", attribution: "platform", value: null },
    ]);
  });

  it("passes a case by the weighted share that it asks for", () => {
    const mixed = [contains("hi", { weight: 3 }), contains("absent")];
    expect(judgeCase(suiteCase(mixed), answer("hi"), null).status).toBe("fail");
    expect(judgeCase(suiteCase(mixed, { passThreshold: 0.75 }), answer("hi"), null).status).toBe("pass");
    expect(judgeCase(suiteCase(mixed, { passThreshold: 0.76 }), answer("hi"), null).status).toBe("fail");
  });

  it("fails a case whose required check failed, whatever the share", () => {
    const mixed = [contains("hi", { weight: 99 }), contains("absent", { required: true })];
    expect(judgeCase(suiteCase(mixed, { passThreshold: 0.5 }), answer("hi"), null).status).toBe("fail");
  });

  it("is unscored where only a jury could tell", () => {
    expect(judgeCase(suiteCase([{ kind: "jury", rubric: "kind?" }]), answer("hi"), null).status).toBe("unscored");
  });

  describe("with a jury", () => {
    const kind = suiteCase([{ kind: "jury", rubric: "kind?" }]);
    const finding = {
      panelDigest: `sha256:${"0".repeat(64)}`,
      promptDigest: `sha256:${"1".repeat(64)}`,
      calibrationId: null,
      votes: [],
      agreement: null,
    };
    const ruled = (value: number | null): CaseJury => ({ seated: true, rule: () => ({ ok: true, finding: { ...finding, value } }) });

    it.each([
      [1, "pass", null],
      [0.6, "pass", null],
      [0.5, "fail", "agent"],
      [0, "fail", "agent"],
      [null, "unscored", "instrument"],
    ])("takes the value %d for %s, and keeps the votes beside it", (value, status, attribution) => {
      const check = judgeCase(kind, answer("hi"), null, ruled(value)).checks[1];
      expect(check).toMatchObject({ status, value, attribution, jury: { ...finding, value } });
    });

    it("blames the agent for a check that it left unanswered, as in any other check", () => {
      const silence: CaseOutcome = { ok: false, attribution: "agent", reason: "timeout" };
      const check = judgeCase(kind, silence, null, silentJury(true)).checks[1];
      expect(check).toMatchObject({ status: "error", attribution: "agent", reason: "timeout" });
      expect(check).not.toHaveProperty("jury");
    });
  });

  it("shows a self-reported cost as what it is", () => {
    const outcome: CaseOutcome = { ok: true, observation: observe("hi", { costUsd: 0 }) };
    expect(judgeCase(suiteCase([{ kind: "cost", maxUsd: 1 }]), outcome, null).checks[1]).toMatchObject({
      status: "pass",
      selfReported: true,
    });
  });
});
