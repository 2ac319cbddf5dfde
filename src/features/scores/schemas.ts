import { z } from "@hono/zod-openapi";
import { digestPattern } from "../../crypto/digest.ts";
import { attributions, severities } from "../../expressions/outcome.ts";
import { pageOf, pageQuery } from "../../http/pagination.ts";
import { idPattern } from "../../platform/ids.ts";
import { formulaVersion } from "./formula.ts";
import { assuranceNames, dimensionNames, tierNames } from "../../scores/names.ts";

const Sha256 = z.string().regex(digestPattern);
const Instant = z.iso.datetime({ precision: 3 });
const Share = z.number().min(0).max(1);
const Count = z.int().min(0);
const Dimension = z.enum(dimensionNames);

export const EvidenceEntryBody = z
  .object({
    dimension: Dimension,
    value: Share.describe("1 a pass, 0 a failure, between them a graded check"),
    caseIndex: Count,
    check: z.string().min(1).max(64).describe("the check's place in its case, the same in every run of the suite"),
    condition: z
      .object({
        digest: Sha256.describe("of the condition's content, so that it stays the same condition in a later version of the pact"),
        pactDigest: Sha256,
        conditionId: z.string(),
        severity: z.enum(severities),
      })
      .optional()
      .describe("the pact condition that was checked"),
    jury: z
      .object({ panelDigest: Sha256, promptDigest: Sha256, calibrated: z.boolean() })
      .optional()
      .describe("the judges who decided it: a panel of the agent's own organization"),
  })
  .openapi("EvidenceEntry");

export const UnavailableEntryBody = z
  .object({
    dimension: Dimension,
    reason: z.string().min(1).max(64),
    attribution: z.enum(attributions),
    count: z.int().min(1),
  })
  .openapi("UnavailableEntry");

export const EvidenceRecordBody = z
  .object({
    runId: z.string(),
    suiteDigest: Sha256,
    author: z.string().describe("the organization that wrote the suite, or `platform`"),
    assurance: z.enum(assuranceNames),
    versionNumber: z.int().min(1),
    versionDigest: Sha256,
    at: Instant,
    entries: z.array(EvidenceEntryBody).readonly(),
    unavailable: z.array(UnavailableEntryBody).readonly(),
  })
  .openapi("EvidenceRecord");

export const EvidenceBody = z
  .object({
    formula: z.literal(formulaVersion),
    agentId: z.string(),
    ownerOrg: z.string().describe("the organization that the agent belongs to"),
    versionNumber: z.int().min(1).describe("the agent's version at `asOf`"),
    asOf: Instant,
    runsOnRecord: Count.describe("runs that there are, those beyond what a score considers included"),
    records: z.array(EvidenceRecordBody).readonly(),
  })
  .openapi("Evidence");

const posterior = {
  S: z.number().min(0).describe("how much of the evidence is good"),
  N: z.number().min(0).describe("how much evidence there is"),
  L: Share.describe("the value that the true rate is above with 95 % confidence"),
  U: Share.describe("the value that the true rate is below with 95 % confidence"),
};

export const DimensionScoreBody = z
  .object({
    ...posterior,
    u: Share.describe("uncertainty, 2 / (2 + N)"),
    inWords: z.string(),
    weight: z.number(),
    required: z.boolean(),
    counted: z.boolean().describe("whether it is part of the composite"),
    halfLifeDays: z.number(),
    checks: Count.describe("scored checks"),
    independent: z.object(posterior).describe("the same from evidence that the agent's own organization did not author; tiers rest on it"),
    unavailable: z.array(UnavailableEntryBody.omit({ dimension: true })).readonly(),
  })
  .openapi("DimensionScore");

export const MissingBody = z
  .object({
    dimension: Dimension,
    has: z.number(),
    needs: z.number(),
    runsOfOtherSuites: z.int().describe("how many runs of suites that were not run before would do"),
    repeatsOfEachSuite: z
      .int()
      .nullable()
      .describe("how many more complete runs of each suite already run would do; null where none would"),
    inWords: z.string(),
  })
  .openapi("MissingEvidence");

export const OpenViolationBody = z
  .object({
    conditionDigest: Sha256,
    conditionId: z.string(),
    pactDigest: Sha256,
    runId: z.string().describe("the run of its latest failure"),
    failedAt: Instant,
    passesSince: Count,
    passesToClose: Count,
  })
  .openapi("OpenViolation");

export const ScoreDocumentBody = z
  .object({
    status: z.enum(["scored", "insufficient_evidence"]),
    compositeScore: z.int().min(0).max(1000).nullable(),
    certificationTier: z.enum(tierNames).nullable(),
    confidence: Share.describe("1 minus the largest uncertainty of the required dimensions"),
    totalEvals: Count,
    passRate: Share.nullable().describe("the mean of all scored checks, unweighted"),
    pactComplianceRate: Share.nullable().describe("the same in pactCompliance alone"),
    inWords: z.string(),
    dimensions: z.record(Dimension, DimensionScoreBody),
    missing: z.array(MissingBody).readonly(),
    openCriticalViolations: z.array(OpenViolationBody).readonly(),
    computedAt: Instant,
    provenance: z.object({
      formula: z.literal(formulaVersion),
      agentVersionNumber: z.int().min(1),
      evidenceWindow: z.object({ from: Instant, to: Instant }).nullable(),
      runs: Count,
      checks: Count,
      runsOnRecord: Count,
      truncated: z.boolean().describe("whether runs on record were left out because there are more checks than a score considers"),
      evidenceDigest: Sha256.describe("SHA-256 of the RFC 8785 form of the ordered records"),
    }),
  })
  .openapi("ScoreDocument");

export const ScoreBody = z
  .object({
    agentId: z.string(),
    computed: z.enum(["stored", "on_read"]).describe("`on_read`: the stored score was stale, and this one is not kept"),
    ...ScoreDocumentBody.shape,
    openCriticalViolations: z
      .array(OpenViolationBody.partial({ runId: true }))
      .readonly()
      .describe("which run it was is told to the agent's own organization alone"),
  })
  .openapi("Score");
export type ScoreView = z.input<typeof ScoreBody>;

export const AgentParams = z.object({ agentId: z.string().regex(idPattern("agent")) });

export const EvidenceQuery = z.object({
  asOf: Instant.transform((text) => new Date(text))
    .optional()
    .openapi({
      type: "string",
      format: "date-time",
      description: "The `computedAt` of the score to recompute; without it, that of the score as it is read now.",
    }),
});

const ScoreSummaryBody = z
  .object({
    id: z.string().regex(idPattern("score")),
    ...ScoreDocumentBody.pick({ status: true, compositeScore: true, certificationTier: true, confidence: true, computedAt: true }).shape,
    evidenceDigest: Sha256,
  })
  .openapi("ScoreSummary");

export const ScorePage = pageOf(ScoreSummaryBody).openapi("ScorePage");
export const ScoreHistoryQuery = z.object(pageQuery);
