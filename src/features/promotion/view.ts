import { findMissing, weighDimensions } from "./judge-evidence.ts";
import type { Evidence } from "./load-evidence.ts";
import type { PromotionView } from "./schemas.ts";

/** The evidence for a promotion as people see it, and as its receipt has the digest of. */
export function toPromotion({ row, ground, given }: Evidence): PromotionView {
  const { score, terms, reviews } = given;
  const missing = findMissing(given);
  return {
    grantId: row.grant.id,
    mode: ground.mode,
    basis: ground.basis,
    ready: missing.length === 0 && ground.mode === "simulation",
    missing,
    dimensions: score === null || terms === null ? [] : weighDimensions(score, terms),
    openCriticalViolations: score?.openCriticalViolations.length ?? 0,
    reviews: { needed: terms?.promotion.simulatedCalls ?? 0, ...reviews },
    score: score && {
      computedAt: score.computedAt,
      agentVersionNumber: score.provenance.agentVersionNumber,
      evidenceDigest: score.provenance.evidenceDigest,
    },
  };
}
