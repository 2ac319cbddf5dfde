import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { requiredDimensions } from "../../../src/features/scores/formula.ts";
import { dimensionNames } from "../../../src/scores/names.ts";
import { badge } from "../../../src/features/trust/badge.ts";
import { TrustReport } from "../../../src/features/trust/schemas.ts";
import { makeEvidence, makeRun } from "../scores/make-evidence.ts";
import { certifiedAgent, trustOf, unknownAgent, violatingAgent } from "./trust-world.ts";

const someEvidence = fc
  .array(
    fc.record({
      dimension: fc.constantFrom(...dimensionNames),
      values: fc.array(fc.constantFrom(0, 0.5, 1), { minLength: 1, maxLength: 20 }),
      author: fc.constantFrom("platform", "org_owner", "org_peer"),
    }),
    { maxLength: 12 },
  )
  .map((runs) => makeEvidence(runs.map(({ dimension, values, author }) => makeRun(values, { author }, dimension))));

describe("a trust report", () => {
  it("gives a reason for everything that it does not know, and for nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(someEvidence, async (evidence) => {
        const report = await trustOf({ evidence });
        expect(TrustReport.safeParse(report).success).toBe(true);
        const missing = new Set(report.unavailable.map(({ subject }) => subject));
        expect(missing.has("score")).toBe(report.score.composite === null);
        expect(report.score.confidence === null).toBe(report.score.composite === null);
        expect(missing.has("tier")).toBe(report.score.tier === null);
        expect(missing.has("pactCompliance")).toBe(report.pactCompliance === null);
        for (const name of dimensionNames) {
          const { L, U, S, N, counted } = report.dimensions[name];
          expect([L, U, S].every((figure) => (figure === null) === (N === 0))).toBe(true);
          if (N === 0) expect([missing.has(`dimensions.${name}`), counted]).toEqual([true, false]);
          else expect(missing.has(`dimensions.${name}`)).toBe(requiredDimensions.includes(name) && N < 10);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("says which of four things keeps an agent from a tier", async () => {
    const reason = async (report: ReturnType<typeof trustOf>) =>
      (await report).unavailable.find(({ subject }) => subject === "tier")?.reason;
    const full = (values: number[], author: string) =>
      Array.from({ length: 40 }, (_, run) =>
        requiredDimensions.map((name) => makeRun(values, { author, suiteDigest: `sha256:${String(run % 8).padStart(64, "0")}` }, name)),
      ).flat();
    expect(await reason(unknownAgent())).toBe("insufficient_evidence");
    expect(await reason(violatingAgent())).toBe("open_critical_violation");
    const passing = Array.from({ length: 14 }, () => 1);
    expect(await reason(trustOf({ evidence: makeEvidence(full(passing, "org_owner")) }))).toBe("too_little_independent_evidence");
    const failing = Array.from({ length: 14 }, () => 0);
    expect(await reason(trustOf({ evidence: makeEvidence(full(failing, "platform")) }))).toBe("below_every_tier");
    expect(await reason(certifiedAgent())).toBeUndefined();
  });

  it("holds no statement, and none of its figures, of an attestation that does not hold", async () => {
    for (const reason of ["expired", "revoked", "signing_key_revoked", "unverifiable", "none_issued"] as const) {
      const report = await trustOf({ attestation: { ok: false, reason } });
      expect(report.attestation).toBeNull();
      expect(report.unavailable).toContainEqual(expect.objectContaining({ subject: "attestation", reason }));
    }
  });
});

describe("a badge", () => {
  const svgOf = async (report: ReturnType<typeof trustOf>): Promise<string> => badge(await report).content;

  it("says that there is too little evidence where that is so, a critical violation or not", async () => {
    const unknown = await unknownAgent();
    expect(badge(unknown).content).toContain(">insufficient evidence<");
    const { openCriticalViolations } = await violatingAgent();
    expect(badge({ ...unknown, openCriticalViolations }).content).toContain(">insufficient evidence · 1 critical violation<");
    expect(await svgOf(certifiedAgent())).not.toContain("insufficient");
  });

  it("says of a test organization, and of an installation that is not the cloud's, that it is one", async () => {
    const { deployment: _, ...report } = await trustOf();
    const labelled = (kind: "cloud" | "local" | "on-premises", environment: "live" | "test"): string =>
      /<text x="7"[^>]*>([^<]+)</.exec(badge({ ...report, deployment: { kind, environment } }).content)?.[1] ?? "";
    expect(labelled("cloud", "live")).toBe("armalo trust");
    expect(labelled("cloud", "test")).toBe("armalo trust (test)");
    expect(labelled("local", "live")).toBe("armalo trust (local)");
  });

  it("has neither script, style, nor anything from elsewhere, whatever the name", async () => {
    const report = await trustOf();
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary", maxLength: 80 }), async (name) => {
        const svg = badge({ ...report, agent: { ...report.agent, name } }).content;
        expect(svg.match(/<[a-z]+/g)).toEqual(["<svg", "<title", "<desc", "<path", "<path", "<g", "<text", "<text"]);
        expect(svg).not.toMatch(/\s(href|style|on\w+)=/);
      }),
      { numRuns: 100 },
    );
  });

  it("names what proves it in its Link header", async () => {
    const { Link } = badge(await trustOf()).headers ?? {};
    expect(Link).toMatch(/<[^>]+\/attestation>; rel="describedby", <[^>]+\/checkpoints\/4127>; rel="describedby"$/);
    expect(badge(await unknownAgent()).headers?.["Link"]).toMatch(/^<[^>]+\/agents\/[^>]+>; rel="about"$/);
  });
});
