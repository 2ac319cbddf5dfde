import { describe, expect, it } from "vitest";
import { computeScore } from "../../../src/features/scores/compute-score.ts";
import { knownEvidence } from "./known-evidence.ts";

// From another implementation of the formula, in Python with SciPy's betaincinv and hashlib, that shares no code with this one.
const known = {
  accuracy: { S: 24.25033, N: 26.422487, L: 0.779476, U: 0.966119 },
  pactCompliance: { S: 15.462657, N: 16.516709, L: 0.752236, U: 0.978028 },
  safety: { S: 15.753776, N: 16.516709, L: 0.775458, U: 0.984666 },
  reliability: { S: 24.736774, N: 26.422487, L: 0.803159, U: 0.975431 },
  latency: { S: 24.356492, N: 26.422487, L: 0.784569, U: 0.968222 },
  costEfficiency: { S: 0, N: 0, L: 0.05, U: 0.95 },
  counterparty: { S: 0, N: 0, L: 0.05, U: 0.95 },
};
const knownIndependent = {
  accuracy: { N: 20.485239, L: 0.757031 },
  pactCompliance: { N: 12.773209, L: 0.720931 },
  safety: { N: 12.773209, L: 0.741001 },
  reliability: { N: 20.485239, L: 0.789582 },
};

describe("another implementation of ts-1", () => {
  it("gives the same digits, composite, tier and digest for the same evidence", async () => {
    const score = await computeScore(knownEvidence);
    expect(score.dimensions).toMatchObject(known);
    for (const [name, independent] of Object.entries(knownIndependent)) expect(score.dimensions).toMatchObject({ [name]: { independent } });
    expect(score).toMatchObject({ compositeScore: 775, certificationTier: "bronze" });
    expect(score.provenance.evidenceDigest).toBe("sha256:7146b02b2221365e959b6db5f4579187e66e8eb789619e63c110781a7cf39d32");
  });
});
