import { z } from "@hono/zod-openapi";
import { deploymentKinds } from "../../crypto/statement/statement.ts";
import { idPattern } from "../../platform/ids.ts";
import { unshownReasons } from "../attestations/index.ts";
import { DimensionScoreBody, EvidenceBody, OpenViolationBody, ScoreDocumentBody, UnavailableEntryBody } from "../scores/index.ts";
import { dimensionNames } from "../../scores/names.ts";

const Time = z.iso.datetime();
const Link = z.url();

/** Why a figure is missing, or a thing not shown. None of them speaks for the agent or against it, but `open_critical_violation`. */
const unavailableReasons = [
  "insufficient_evidence",
  "no_evidence",
  "open_critical_violation",
  "too_little_independent_evidence",
  "below_every_tier",
  "none_stored",
  "nothing_signed",
  ...unshownReasons,
] as const;

const subjects = ["score", "tier", "pactCompliance", "history", "attestation", "log"] as const;

const Unavailable = z.object({
  subject: z.union([z.enum(subjects), z.templateLiteral(["dimensions.", z.enum(dimensionNames)])]).openapi({ type: "string" }),
  reason: z.enum(unavailableReasons),
  inWords: z.string(),
});

const score = ScoreDocumentBody.shape;

const Dimension = z
  .object({
    ...DimensionScoreBody.pick({ N: true, checks: true, required: true, counted: true, inWords: true }).shape,
    S: z.number().nullable(),
    L: z.number().nullable().openapi({ description: "The value that the true rate is above with 95 % confidence; null without evidence." }),
    U: z.number().nullable(),
    needs: z.number().openapi({ description: "The least N with which it counts." }),
    notScored: z.array(UnavailableEntryBody.omit({ dimension: true })).openapi({ description: "Checks that count neither way." }),
  })
  .openapi("TrustDimension");

const Attestation = z.object({
  id: z.string(),
  statement: z.string().openapi({ description: "An in-toto Statement as a compact JWS." }),
  digest: z.string(),
  kid: z.string(),
  keyState: z.enum(["active", "superseded"]),
  issuedAt: Time,
  expiresAt: Time,
  agentVersionNumber: z.int(),
  isOfPresentVersion: z.boolean(),
  revocation: z.object({ state: z.literal("not_revoked"), asOf: Time, list: Link }),
  bundle: Link.openapi({ description: "With its proof from the log, the keys and the revocation list: what `armalo-verify` reads." }),
});

const HistoryPoint = z.object({
  computedAt: Time,
  versionNumber: z.int(),
  compositeScore: z.int().nullable(),
  certificationTier: score.certificationTier,
  openCriticalViolations: z.int(),
});

export const TrustReport = z
  .object({
    agent: z.object({
      id: z.string(),
      name: z.string(),
      version: z.string().nullable().openapi({ description: "The version that its owner declares." }),
      versionNumber: z.int(),
      versionDigest: z.string(),
      organizationId: z.string(),
    }),
    deployment: z.object({ kind: z.enum(deploymentKinds), environment: z.enum(["live", "test"]) }),
    computedAt: Time.openapi({ description: "Shown for at most 30 seconds from then on." }),
    status: score.status,
    score: z.object({
      composite: score.compositeScore,
      tier: score.certificationTier,
      confidence: score.confidence.nullable(),
      inWords: z.string(),
      computedAt: Time,
      formula: score.provenance.shape.formula,
      evidenceWindow: score.provenance.shape.evidenceWindow,
      evidenceDigest: score.provenance.shape.evidenceDigest,
      runs: z.int(),
      checks: z.int(),
    }),
    dimensions: z.record(z.enum(dimensionNames), Dimension),
    pactCompliance: z.object({ rate: z.number(), checks: z.int(), L: z.number(), U: z.number() }).nullable(),
    openCriticalViolations: z.array(OpenViolationBody.omit({ runId: true })),
    history: z
      .array(HistoryPoint)
      .openapi({ description: "The newest stored scores, newest first; null where there was too little evidence." }),
    attestation: Attestation.nullable(),
    log: z
      .object({ logId: z.string(), size: z.int(), root: z.string(), signedAt: Time, checkpoint: Link })
      .nullable()
      .openapi({ description: "The newest checkpoint of the log in which the evidence behind all of this is recorded." }),
    unavailable: z.array(Unavailable),
    links: z.object({ page: Link, badge: Link, keys: Link }),
  })
  .openapi("Trust");

export const TrustEvidence = z
  .object({
    trust: TrustReport.openapi({ description: "Its links to pages of the agent work for one that is public." }),
    evidence: EvidenceBody.openapi({
      description:
        "What the score is computed from, to the digit: the formula and the digest are in `trust.score`. Records name runs, suites, authors and conditions by identifier and digest, never what was asked or answered.",
    }),
  })
  .openapi("TrustEvidence");
export type TrustEvidenceView = z.input<typeof TrustEvidence>;

export type TrustView = z.output<typeof TrustReport>;
export type DimensionView = z.output<typeof Dimension>;
export type UnavailableView = z.output<typeof Unavailable>;
export type HistoryPointView = z.output<typeof HistoryPoint>;

export const PublicAgentParams = z.object({ agentId: z.string().regex(idPattern("agent")) });
