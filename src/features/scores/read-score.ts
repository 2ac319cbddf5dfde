import type { z } from "@hono/zod-openapi";
import { requireAgent } from "../../access/principal.ts";
import type { ReadContext } from "../../http/operation.ts";
import { toPage, type Page } from "../../http/pagination.ts";
import { problem } from "../../http/problem.ts";
import { currentScore, selectCurrentScore, toConsidered } from "./current-score.ts";
import type { Evidence } from "./evidence.ts";
import type { ScorePage, ScoreView } from "./schemas.ts";
import { selectEvidence, selectFreshScore, selectScores, selectVersion } from "./store.ts";

type Reader = Pick<ReadContext, "tenant" | "principal" | "now">;

/** The agent's score: the stored one while it holds, else computed from the evidence of the same round trip, and not kept. */
export async function readScore({ tenant, principal, now }: Reader, agentId: string): Promise<ScoreView> {
  requireAgent(principal, agentId);
  const rows = await tenant.read((db) => selectCurrentScore(db, agentId, now));
  const score = await currentScore({ agentId, now }, rows);
  if (score === undefined) throw problem("not_found", "no such agent in the organization");
  return { agentId, computed: score.computed, ...score.document };
}

/** What the score as of a time is computed from; by default the score that readScore gives. */
export async function exportEvidence({ tenant, principal, now }: Reader, agentId: string, asOf?: Date): Promise<Evidence> {
  requireAgent(principal, agentId);
  if (asOf !== undefined && asOf > now) {
    throw problem("invalid_request", "asOf is in the future", { errors: [{ path: "query.asOf", message: "Lies in the future." }] });
  }
  const [[agent], [fresh], rows] = await tenant.read((db) => [
    selectVersion(db, agentId, asOf ?? now),
    selectFreshScore(db, agentId, now),
    selectEvidence(db, agentId, asOf ?? now),
  ]);
  if (agent === undefined) throw problem("not_found", "no such agent in the organization");
  return toConsidered({ agentId, ...agent, asOf: asOf ?? fresh?.computedAt ?? now }, rows);
}

/** The scores that were stored, newest first. */
export async function listScores({ tenant, principal, now }: Reader, agentId: string, page: Page): Promise<z.input<typeof ScorePage>> {
  requireAgent(principal, agentId);
  const [[agent], rows] = await tenant.read((db) => [selectVersion(db, agentId, now), selectScores(db, agentId, page)]);
  if (agent === undefined) throw problem("not_found", "no such agent in the organization");
  return toPage(
    rows,
    page,
    ({ computedAt, id }) => ({ at: computedAt, id }),
    ({ id, document: { status, compositeScore, certificationTier, confidence, computedAt, provenance } }) => ({
      id,
      status,
      compositeScore,
      certificationTier,
      confidence,
      computedAt,
      evidenceDigest: provenance.evidenceDigest,
    }),
  );
}
