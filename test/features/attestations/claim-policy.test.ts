import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ClaimPolicy, judgeClaim, type Claim } from "../../../src/features/attestations/claim-policy.ts";
import { dimensionNames } from "../../../src/scores/names.ts";

const agents = ["agt_1111111111111111111111", "agt_2222222222222222222222"];
const kinds = ["score", "eval_run", "pact"] as const;
const requesters = ["organization", "agent"] as const;

const some = <T>(values: readonly T[]) => fc.subarray([...values], { minLength: 1 });
const claim: fc.Arbitrary<Claim> = fc.record({
  agentId: fc.constantFrom(...agents),
  kind: fc.constantFrom(...kinds),
  dimensions: fc.subarray([...dimensionNames]),
  evidenceDigests: fc.boolean(),
  lifetimeDays: fc.integer({ min: 1, max: 90 }),
  requester: fc.constantFrom(...requesters),
});
const rule = fc.record({
  agents: fc.oneof(fc.constant("all" as const), some(agents)),
  statements: some(kinds),
  dimensions: fc.oneof(fc.constant("all" as const), fc.subarray([...dimensionNames])),
  evidenceDigests: fc.boolean(),
  maxLifetimeDays: fc.integer({ min: 1, max: 90 }),
  requestedBy: some(requesters),
});
const policy = fc.record({ rules: fc.array(rule, { maxLength: 5 }) });

describe("a claim policy", () => {
  it("allows nothing where there is none, or where it has no rule", () => {
    fc.assert(
      fc.property(claim, (asked) => {
        expect(judgeClaim(null, asked)).toEqual({ ok: false, reason: "no_policy" });
        expect(judgeClaim({ rules: [] }, asked)).toEqual({ ok: false, reason: "no_rule_allows_it" });
      }),
    );
  });

  it("allows what one of its rules allows in full, and does not put halves of two together", () => {
    fc.assert(
      fc.property(policy, claim, (rules, asked) => {
        const alone = rules.rules.some((one) => judgeClaim({ rules: [one] }, asked).ok);
        expect(judgeClaim(rules, asked).ok).toBe(alone);
      }),
    );
    const halves: ClaimPolicy = {
      rules: [
        {
          agents: "all",
          statements: ["score"],
          dimensions: ["safety"],
          evidenceDigests: false,
          maxLifetimeDays: 90,
          requestedBy: ["agent"],
        },
        {
          agents: "all",
          statements: ["score"],
          dimensions: ["accuracy"],
          evidenceDigests: false,
          maxLifetimeDays: 90,
          requestedBy: ["agent"],
        },
      ],
    };
    const both: Claim = {
      agentId: agents[0] ?? "",
      kind: "score",
      dimensions: ["safety", "accuracy"],
      evidenceDigests: false,
      lifetimeDays: 1,
      requester: "agent",
    };
    expect(judgeClaim(halves, both).ok).toBe(false);
    expect(judgeClaim(halves, { ...both, dimensions: ["safety"] }).ok).toBe(true);
  });

  it("allows less of whatever it allows: fewer dimensions, a shorter time, no digests", () => {
    fc.assert(
      fc.property(policy, claim, fc.nat(), (rules, asked, fewer) => {
        if (!judgeClaim(rules, asked).ok) return;
        const less = {
          ...asked,
          dimensions: asked.dimensions.slice(0, fewer % (asked.dimensions.length + 1)),
          lifetimeDays: 1,
          evidenceDigests: false,
        };
        expect(judgeClaim(rules, less).ok).toBe(true);
      }),
    );
  });

  it("is refused where it names unknown things, longer times than there are, or nobody who may ask", () => {
    const good = { agents: "all", statements: ["score"], maxLifetimeDays: 90, requestedBy: ["organization"] };
    expect(ClaimPolicy.parse({ rules: [good] }).rules[0]).toMatchObject({ dimensions: "all", evidenceDigests: false });
    for (const wrong of [{ maxLifetimeDays: 91 }, { statements: ["praise"] }, { requestedBy: [] }, { agents: ["someone"] }, { extra: 1 }])
      expect(ClaimPolicy.safeParse({ rules: [{ ...good, ...wrong }] }).success, JSON.stringify(wrong)).toBe(false);
  });
});
