import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { evidenceOfEffects, type CountedCall } from "../../../src/features/effects/effect-evidence.ts";
import { computeScore } from "../../../src/features/scores/compute-score.ts";
import type { EvidenceRecord } from "../../../src/features/scores/evidence.ts";
import { decisionReasons } from "../../../src/policies/decision.ts";
import { dayAt, digestOf, makeEvidence, makeRecord, ownerOrg, weigh } from "../scores/make-evidence.ts";
import { condition } from "./judged.ts";

const done: CountedCall = { status: "executed", reasons: ["allowed_by_rule"], pactChecks: [] };
const kept: CountedCall = { ...done, pactChecks: [condition(true)] };

/** A batch of calls of a capability, by the agent's own organization. */
function batch(calls: readonly CountedCall[], change: Partial<EvidenceRecord> = {}): EvidenceRecord {
  const { assurance: _, entries: __, unavailable: ___, ...subject } = makeRecord({ author: ownerOrg, at: dayAt(0), ...change });
  return evidenceOfEffects(subject, calls);
}
const batches = (count: number, size: number, change: Partial<EvidenceRecord> = {}) =>
  Array.from({ length: count }, () =>
    batch(
      Array.from({ length: size }, () => kept),
      change,
    ),
  );

describe("what nobody can buy with effects", () => {
  it("gives 10,000 confirmed effects of one capability a weight of 9.3, whatever the batches", () => {
    expect(weigh(batches(100, 100), {}, "reliability")).toMatchObject({ N: 9.285468, L: 0.747322 });
    expect(weigh(batches(10_000, 1), {}, "reliability")).toMatchObject({ N: 2.850639, L: 0.459331 });
    expect(weigh(batches(100, 100), {}, "pactCompliance").N).toBe(9.285468);
  });

  it("gives an organization 12 for all its own effects, of however many capabilities, and no tier for them", async () => {
    const records = Array.from({ length: 40 }, (_, capability) => batches(9, 100, { suiteDigest: digestOf(100 + capability) })).flat();
    expect(weigh(records, {}, "reliability")).toMatchObject({ N: 12, L: 0.794183 });
    const { certificationTier, dimensions } = await computeScore(makeEvidence(records));
    expect(certificationTier).toBeNull();
    expect(dimensions.reliability.independent.N).toBe(0);
  });
});

describe("what a call says of its agent", () => {
  const aCondition = fc
    .record({ kept: fc.boolean(), id: fc.constantFrom("a", "bb", "ccc") })
    .map(({ kept: isKept, id }) => condition(isKept, "major", id));
  const aCall: fc.Arbitrary<CountedCall> = fc.record({
    status: fc.constantFrom("executed", "denied"),
    reasons: fc.array(fc.constantFrom(...decisionReasons), { maxLength: 3 }),
    pactChecks: fc.array(aCondition, { maxLength: 4 }),
  });

  it("is never good where the call was denied, and each check of it is there once", () => {
    fc.assert(
      fc.property(fc.array(aCall, { maxLength: 20 }), (calls) => {
        const { entries } = batch(calls);
        const places = entries.map(({ caseIndex, check, dimension }) => `${caseIndex} ${check} ${dimension}`);
        expect(new Set(places).size).toBe(places.length);
        calls.forEach((call, index) => {
          const own = entries.filter(({ caseIndex }) => caseIndex === index);
          if (call.status === "denied") expect(own.every(({ value }) => value === 0)).toBe(true);
          const isPactFault = call.status === "denied" && call.reasons.includes("pact_violated");
          if (isPactFault) expect(own.some(({ dimension }) => dimension === "pactCompliance")).toBe(true);
          if (call.status === "executed") expect(own.filter(({ dimension }) => dimension === "reliability")).toHaveLength(1);
        });
      }),
    );
  });

  it("is broken where one pact saw the same promise broken and another saw it kept", () => {
    const { entries } = batch([{ ...done, pactChecks: [condition(true), condition(false), condition(true)] }]);
    expect(entries.filter(({ dimension }) => dimension === "pactCompliance")).toMatchObject([{ value: 0 }]);
  });
});
