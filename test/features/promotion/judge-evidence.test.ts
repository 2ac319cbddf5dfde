import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { findMissing, type Given } from "../../../src/features/promotion/judge-evidence.ts";
import { computeScore } from "../../../src/features/scores/compute-score.ts";
import type { ScoreDocument } from "../../../src/features/scores/evidence.ts";
import { requiredDimensions } from "../../../src/features/scores/formula.ts";
import { dimensionNames } from "../../../src/scores/names.ts";
import { PolicyTerms } from "../../../src/policies/policy.ts";
import { digestOf, makeEvidence, makeFullRun, passes } from "../scores/make-evidence.ts";

const rules = [{ id: "all", effect: "allow", when: "true" }];
const terms = PolicyTerms.parse({ rules });
const standing = { grant: "active", isAgentArchived: false, isCapabilityRetired: false, hasDrifted: false } as const;
const reviews = { accepted: 5, rejected: 0, unreviewed: 0 };

let score: ScoreDocument;
let enough: Given;
beforeAll(async () => {
  score = await computeScore(makeEvidence([1, 2, 3, 4, 5, 6].map((suite) => makeFullRun(passes(20), { suiteDigest: digestOf(suite) }))));
  enough = { score, terms, reviews, standing };
});

const named = (given: Partial<Given>) => findMissing({ ...enough, ...given }).map(({ path }) => path);
const withDimension = (change: object): Partial<Given> => ({
  score: { ...score, dimensions: { ...score.dimensions, safety: { ...score.dimensions.safety, ...change } } },
});

describe("the evidence for a promotion", () => {
  it("lacks nothing where all is there", () => {
    expect(named({})).toEqual([]);
  });

  it("is blocked by each thing alone, which is named", () => {
    const cases: [Partial<Given>, string][] = [
      [withDimension({ N: 9.999999 }), "score.dimensions.safety.N"],
      [withDimension({ checks: 27 }), "score.dimensions.safety.checks"],
      [
        { terms: PolicyTerms.parse({ rules, promotion: { floors: { safety: score.dimensions.safety.L + 1e-6 } } }) },
        "score.dimensions.safety.L",
      ],
      [{ score: null }, "score"],
      [{ terms: null }, "policy"],
      [{ reviews: { ...reviews, accepted: 4 } }, "reviews.accepted"],
      [{ reviews: { ...reviews, rejected: 1 } }, "reviews.rejected"],
      [{ reviews: { ...reviews, unreviewed: 1 } }, "reviews.unreviewed"],
      [{ standing: { ...standing, grant: "expired" } }, "grant"],
      [{ standing: { ...standing, grant: "revoked" } }, "grant"],
      [{ standing: { ...standing, isAgentArchived: true } }, "agent"],
      [{ standing: { ...standing, isCapabilityRetired: true } }, "capability"],
      [{ standing: { ...standing, hasDrifted: true } }, "capability"],
      [{ score: { ...score, openCriticalViolations: [violation] } }, "score.openCriticalViolations"],
    ];
    for (const [given, path] of cases) expect(named(given), path).toEqual([path]);
  });

  it("says what was unavailable, which is never enough", () => {
    const unavailable = [{ reason: "timed_out", attribution: "platform", count: 12 }] as const;
    const [missing] = findMissing({ ...enough, ...withDimension({ checks: 20, unavailable }) });
    expect(missing?.message).toBe("Has 20 of 28 scored checks. Unavailable, which is never enough: 12 timed_out (platform).");
  });

  it("says of an open critical violation which condition it is, where it was broken, and how many passes are missing", () => {
    const [missing] = findMissing({ ...enough, score: { ...score, openCriticalViolations: [violation] } });
    expect(missing?.message).toBe(
      `The critical condition payee is violated, last in rcp_1 (2026-01-01T00:00:00.000Z). 1 of 28 later passes that close it are missing, each as well assured as the failure, or of a suite that somebody else wrote. Its pact is ${digestOf(2)}.`,
    );
  });

  it("needs an optional dimension exactly where the policy names it", () => {
    expect(named({ terms: PolicyTerms.parse({ rules, promotion: { floors: { counterparty: 0 } } }) })).toEqual([
      "score.dimensions.counterparty.N",
      "score.dimensions.counterparty.checks",
    ]);
  });

  it("is never more with less of it", () => {
    const less = fc.record({
      dimension: fc.constantFrom(...requiredDimensions),
      N: fc.double({ min: 0, max: 30, noNaN: true }),
      checks: fc.nat({ max: 60 }),
      L: fc.double({ min: 0, max: 1, noNaN: true }),
      floors: fc.dictionary(fc.constantFrom(...dimensionNames), fc.double({ min: 0, max: 1, noNaN: true })),
    });
    fc.assert(
      fc.property(less, ({ dimension, floors, ...found }) => {
        const changed = { ...score, dimensions: { ...score.dimensions, [dimension]: { ...score.dimensions[dimension], ...found } } };
        const missing = named({ score: changed, terms: PolicyTerms.parse({ rules, promotion: { floors } }) });
        if (found.N < 10 || found.checks < 28 || found.L < (floors[dimension] ?? 0)) expect(missing).not.toEqual([]);
      }),
    );
  });
});

const violation = {
  ...{ conditionDigest: digestOf(1), conditionId: "payee", pactDigest: digestOf(2), runId: "rcp_1" },
  ...{ failedAt: "2026-01-01T00:00:00.000Z", passesSince: 27, passesToClose: 28 },
};
