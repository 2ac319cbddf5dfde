import type { DeploymentKind } from "../../crypto/statement/statement.ts";
import type { PublicAttestation } from "../attestations/index.ts";
import { judgement, mapDimensions, requiredDimensions, type ScoreDocument } from "../scores/index.ts";
import { dimensionNames, type Dimension } from "../../scores/names.ts";
import type { CheckpointRow } from "../transparency/index.ts";
import type { DimensionView, HistoryPointView, TrustView, UnavailableView } from "./schemas.ts";
import type { PublicAgentRow } from "./store.ts";
import { whyUnavailable } from "./why-unavailable.ts";

export type TrustGround = {
  readonly agent: PublicAgentRow;
  readonly score: ScoreDocument;
  readonly history: readonly (Omit<HistoryPointView, "computedAt"> & { readonly computedAt: Date })[];
  readonly attestation: PublicAttestation;
  readonly checkpoint: Omit<CheckpointRow, "orgId"> | undefined;
  readonly statusList: string;
  readonly origin: string;
  readonly deployment: DeploymentKind;
  readonly now: Date;
};

/** All that is shown of a public agent. What is not known is null, and `unavailable` says why; it is never zero, and never a pass. */
export function toTrustReport(ground: TrustGround): TrustView {
  const { score, history, origin, deployment, now } = ground;
  const { environment, ...agent } = ground.agent;
  const { compositeScore: composite, certificationTier: tier, provenance } = score;
  const compliance = score.dimensions.pactCompliance;
  return {
    agent,
    deployment: { kind: deployment, environment },
    computedAt: now.toISOString(),
    status: score.status,
    score: {
      composite,
      tier,
      confidence: composite === null ? null : score.confidence,
      inWords: score.inWords,
      computedAt: score.computedAt,
      formula: provenance.formula,
      evidenceWindow: provenance.evidenceWindow,
      evidenceDigest: provenance.evidenceDigest,
      runs: provenance.runs,
      checks: provenance.checks,
    },
    dimensions: mapDimensions((name) => toDimension(score.dimensions[name])),
    pactCompliance:
      score.pactComplianceRate === null || compliance.N === 0
        ? null
        : { rate: score.pactComplianceRate, checks: compliance.checks, L: compliance.L, U: compliance.U },
    openCriticalViolations: score.openCriticalViolations.map(withoutRun),
    history: history.map(({ computedAt, ...point }) => ({ ...point, computedAt: computedAt.toISOString() })),
    attestation: toAttestation(ground),
    log: toLog(ground),
    unavailable: whatIsUnavailable(ground),
    links: {
      page: `${origin}/agents/${agent.id}`,
      badge: `${origin}/v1/trust/${agent.id}/badge.svg`,
      keys: `${origin}/.well-known/jwks.json`,
    },
  };
}

/** Which run it was is the organization's own business. */
function withoutRun(violation: ScoreDocument["openCriticalViolations"][number]): TrustView["openCriticalViolations"][number] {
  const { runId: _, ...shown } = violation;
  return shown;
}

function toDimension(dimension: ScoreDocument["dimensions"][Dimension]): DimensionView {
  const { S, N, L, U, checks, required, counted, inWords, unavailable } = dimension;
  const figures = N === 0 ? { S: null, L: null, U: null } : { S, L, U };
  return {
    ...figures,
    N,
    checks,
    required,
    counted: counted && N > 0,
    inWords,
    needs: judgement.minimumEvidence,
    notScored: [...unavailable],
  };
}

function toAttestation({ attestation, agent, statusList, origin, now }: TrustGround): TrustView["attestation"] {
  if (!attestation.ok) return null;
  const { row, versionNumber, keyState } = attestation;
  return {
    id: row.id,
    statement: row.statement,
    digest: row.digest,
    kid: row.kid,
    keyState,
    issuedAt: row.issuedAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    agentVersionNumber: versionNumber,
    isOfPresentVersion: versionNumber === agent.versionNumber,
    revocation: { state: "not_revoked", asOf: now.toISOString(), list: statusList },
    bundle: `${origin}/v1/trust/${agent.id}/attestation`,
  };
}

function toLog({ checkpoint, agent, origin }: TrustGround): TrustView["log"] {
  if (checkpoint === undefined) return null;
  const { size, root, signedAt } = checkpoint;
  const url = `${origin}/v1/logs/${agent.organizationId}/checkpoints/${size}`;
  return { logId: agent.organizationId, size, root, signedAt: signedAt.toISOString(), checkpoint: url };
}

function whatIsUnavailable({ score, history, attestation, checkpoint }: TrustGround): UnavailableView[] {
  const { compositeScore, dimensions, missing } = score;
  const short = new Map(
    missing.map(({ dimension, has, needs }) => [dimension, `It has ${has.toFixed(1)} of the ${needs.toFixed(1)} that a score needs.`]),
  );
  const noTier = whyNoTier(score);
  return [
    ...(compositeScore === null ? [whyUnavailable("score", "insufficient_evidence")] : []),
    ...(noTier === undefined ? [] : [whyUnavailable("tier", noTier)]),
    ...dimensionNames.flatMap((name): UnavailableView[] => {
      if (dimensions[name].N === 0) return [whyUnavailable(`dimensions.${name}`, "no_evidence")];
      const inWords = short.get(name);
      return inWords === undefined ? [] : [whyUnavailable(`dimensions.${name}`, "insufficient_evidence", inWords)];
    }),
    ...(score.pactComplianceRate === null || dimensions.pactCompliance.N === 0 ? [whyUnavailable("pactCompliance", "no_evidence")] : []),
    ...(history.length === 0 ? [whyUnavailable("history", "none_stored")] : []),
    ...(attestation.ok ? [] : [whyUnavailable("attestation", attestation.reason)]),
    ...(checkpoint === undefined ? [whyUnavailable("log", "nothing_signed")] : []),
  ];
}

/** Why there is no tier: the formula's own order of questions. */
function whyNoTier(score: ScoreDocument): UnavailableView["reason"] | undefined {
  if (score.certificationTier !== null) return undefined;
  if (score.openCriticalViolations.length > 0) return "open_critical_violation";
  if (score.compositeScore === null) return "insufficient_evidence";
  const isShort = requiredDimensions.some((name) => score.dimensions[name].independent.N < judgement.minimumEvidence);
  return isShort ? "too_little_independent_evidence" : "below_every_tier";
}
