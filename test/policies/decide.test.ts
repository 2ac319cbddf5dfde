import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newWorkBudget } from "../../src/expressions/work-budget.ts";
import { decide } from "../../src/policies/decide.ts";
import { policyEffects } from "../../src/policies/decision.ts";
import { timeFacts, type DecisionFacts } from "../../src/policies/facts.ts";
import { allow, ask, deny, payment, policyOf, type Rule } from "./facts.ts";

const decision = (facts: DecisionFacts, ...rules: readonly Rule[]) => decide(policyOf(...rules), facts);
const with_ = (changes: Partial<DecisionFacts>): DecisionFacts => ({ ...payment, ...changes });

describe("what a policy decides", () => {
  it("denies what no rule speaks of", () => {
    expect(decision(payment, allow("arguments.amount > 100.0"), deny("mode == 'simulation'"))).toEqual({
      effect: "deny",
      reason: "no_rule_matched",
      ruleIds: [],
    });
  });

  it("lets deny beat require_approval, and that beat allow, and names the rules that decided", () => {
    const rules = [allow("true", "b"), ask("arguments.amount > 10.0", "d"), ask("true", "c"), deny("counters.today >= 2", "a")];
    expect(decision(payment, ...rules)).toEqual({ effect: "deny", reason: "denied_by_rule", ruleIds: ["a"] });
    expect(decision(payment, ...rules.slice(0, 3))).toEqual({
      effect: "require_approval",
      reason: "approval_required",
      ruleIds: ["c", "d"],
    });
    expect(decision(payment, ...rules.slice(0, 1))).toEqual({ effect: "allow", reason: "allowed_by_rule", ruleIds: ["b"] });
  });

  it.each([
    "action.kind == 'http' && action.method == 'POST' && action.capability.startsWith('cap_')",
    "arguments.items.all(item, item.count < 3) && 'a' in arguments.tags && arguments.urgent",
    "agent.versionNumber == 3 && agent.id.startsWith('agt_')",
    "score.compositeScore >= 700 && score.tier in ['gold', 'platinum'] && score.confidence > 0.5",
    "grant.expiresAt == null && counters.spentTodayMicros + counters.costMicros <= 20000000.0",
    "time.weekday <= 5 && time.hour >= 8 && time.hour < 18 && timestamp(time.iso) < timestamp('2027-01-01T00:00:00Z')",
    "mode == 'production' && time.epochSeconds > 1700000000",
  ])("gives rules what a decision is made over: %s", (when) => {
    expect(decision(payment, allow(when)).effect).toBe("allow");
  });

  it("numbers the days of the week from Monday, 1, to Sunday, 7", () => {
    const days = ["2026-01-05", "2026-01-11"].map((day) => timeFacts(new Date(`${day}T23:59:59.999Z`)));
    expect(days.map(({ weekday }) => weekday)).toEqual([1, 7]);
    expect(days[0]).toEqual({ iso: "2026-01-05T23:59:59.999Z", hour: 23, weekday: 1, epochSeconds: 1_767_657_599 });
  });
});

describe("what cannot be evaluated", () => {
  const nothingKnown = with_({ score: { compositeScore: null, tier: null, confidence: null, status: null } });

  it.each([
    ["a property that is missing", "arguments.discount > 0.1"],
    ["a value of another type", "arguments.note > 5"],
    ["a condition that is no bool", "arguments.note"],
    ["an expression that does not compile", "arguments.amount >"],
    ["a function that there is not", "arguments.note.toUpper() == 'X'"],
    ["a division of integers by nought", "1 / (size(arguments.tags) - 2) == 1"],
  ])("is a denial whatever the others say: %s", (_, when) => {
    for (const effect of policyEffects) {
      expect(decision(payment, allow("true"), { id: "odd", effect, when })).toEqual({
        effect: "deny",
        reason: "policy_error",
        ruleIds: ["odd"],
      });
    }
  });

  it.each([
    "score.compositeScore > 0",
    "score.compositeScore < 1000",
    "score.compositeScore >= 0.0",
    "score.confidence > 0.5",
    "score.tier > 'a'",
  ])("takes a score that is missing for nothing, not for nought: %s", (when) => {
    expect(decision(nothingKnown, allow(when))).toEqual({ effect: "deny", reason: "policy_error", ruleIds: ["allow"] });
    expect(decision(payment, allow(when)).reason).not.toBe("policy_error");
  });

  it("takes a missing score for equal to null alone", () => {
    expect(decision(nothingKnown, allow("score.compositeScore == 0.0 || score.tier == ''")).reason).toBe("no_rule_matched");
    expect(decision(nothingKnown, allow("score.compositeScore == null")).effect).toBe("allow");
    expect(decision(nothingKnown, allow("score.compositeScore != null && score.compositeScore > 1")).reason).toBe("no_rule_matched");
  });

  it("is no error where the rule itself says what holds without it", () => {
    expect(decision(payment, allow("!has(arguments.discount) || arguments.discount < 0.1")).effect).toBe("allow");
    expect(decision(payment, allow("true || arguments.discount < 0.1")).effect).toBe("allow");
  });

  it("is too much work for all rules together, though each alone could be done", () => {
    const rules = Array.from({ length: 20 }, (_, index) => allow(`arguments.tags.exists(tag, tag == 'b' && ${index} >= 0)`, `r${index}`));
    const alone = newWorkBudget(2_000);
    expect(decide(policyOf(allow("'b' in arguments.tags")), payment, alone).effect).toBe("allow");
    expect(decide(policyOf(...rules), payment).effect).toBe("allow");
    expect(decide(policyOf(...rules), payment, newWorkBudget(2_000))).toEqual({ effect: "deny", reason: "policy_error", ruleIds: [] });
  });

  it("ends in a fraction of a second, whatever the arguments are", () => {
    const rules = Array.from({ length: 100 }, (_, index) =>
      allow(`arguments.items.all(a, arguments.items.all(b, a.sku + b.sku != "${index}"))`, `r${index}`),
    );
    const items = Array.from({ length: 1_000 }, (_, index) => ({ sku: `${index}`.repeat(50) }));
    const startedAt = performance.now();
    expect(decision(with_({ arguments: { items } }), ...rules)).toEqual({ effect: "deny", reason: "policy_error", ruleIds: [] });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});

/** Conditions that hold, that do not, and that cannot be evaluated, over the facts of a payment. */
const conditions = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("true", "arguments.amount > 1", "counters.total < 100", "has(arguments.note)") },
  { weight: 4, arbitrary: fc.constantFrom("false", "arguments.amount > 100", "score.compositeScore < 500") },
  { weight: 1, arbitrary: fc.constantFrom("arguments.nothing == 1", "arguments.note > 1", "agent.id") },
);
const someRules = fc
  .array(fc.record({ effect: fc.constantFrom(...policyEffects), when: conditions }), { minLength: 1, maxLength: 12 })
  .map((rules) => rules.map((rule, index): Rule => ({ id: `r${index}`, ...rule })));
const leniency = { deny: 0, require_approval: 1, allow: 2 } as const;
const isEvaluable = ({ when }: Rule): boolean => decision(payment, allow(when)).reason !== "policy_error";
const holds = ({ when }: Rule): boolean => decision(payment, allow(when)).effect === "allow";

describe("of any policy", () => {
  it("the order of the rules never matters", () => {
    fc.assert(
      fc.property(
        someRules.chain((rules) => fc.tuple(fc.constant(rules), fc.shuffledSubarray(rules, { minLength: rules.length }))),
        ([rules, shuffled]) => {
          expect(decision(payment, ...shuffled)).toEqual(decision(payment, ...rules));
        },
      ),
    );
  });

  it("the decision is what the strictest rule that holds says, and an error lets nothing through", () => {
    fc.assert(
      fc.property(someRules, (rules) => {
        const { effect, reason, ruleIds } = decision(payment, ...rules);
        const failing = rules.filter((rule) => !isEvaluable(rule)).map(({ id }) => id);
        if (failing.length > 0) {
          expect({ effect, reason, ruleIds }).toEqual({ effect: "deny", reason: "policy_error", ruleIds: failing.toSorted() });
          return;
        }
        const held = rules.filter(holds);
        const strictest = Math.min(...held.map((rule) => leniency[rule.effect]), ...(held.length === 0 ? [0] : []));
        expect(leniency[effect]).toBe(strictest);
        expect(ruleIds).toEqual(
          held
            .filter((rule) => rule.effect === effect)
            .map(({ id }) => id)
            .toSorted(),
        );
      }),
    );
  });

  it("a rule more that denies or asks never allows more, and a rule less that allows neither", () => {
    fc.assert(
      fc.property(someRules, fc.constantFrom("deny" as const, "require_approval" as const), conditions, (rules, effect, when) => {
        const before = leniency[decision(payment, ...rules).effect];
        const stricter = leniency[decision(payment, ...rules, { id: "more", effect, when }).effect];
        // A rule that asks can turn a denial by default into a question: never into leave.
        expect(stricter).toBeLessThanOrEqual(effect === "deny" ? before : Math.max(before, leniency.require_approval));
        const others = rules.filter((rule) => rule.effect !== "allow");
        if (others.length > 0 && rules.every(isEvaluable))
          expect(leniency[decision(payment, ...others).effect]).toBeLessThanOrEqual(before);
      }),
    );
  });

  it("a decision is the same when it is made again, also with others in between", () => {
    fc.assert(
      fc.property(someRules, someRules, (rules, others) => {
        const first = decision(payment, ...rules);
        decision(with_({ arguments: {} }), ...others);
        expect(decision(payment, ...rules)).toEqual(first);
      }),
    );
  });
});
