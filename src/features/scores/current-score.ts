import type { EnteredDb } from "../../db/tenant-db.ts";
import { computeScore } from "./compute-score.ts";
import type { Evidence, ScoreDocument } from "./evidence.ts";
import { runsOnRecord, toRecord, type EvidenceRow } from "./evidence-row.ts";
import { formulaVersion } from "./formula.ts";
import { selectEvidenceIfStale, selectFreshScore, selectVersion } from "./store.ts";

/** What the score of now is read or computed from, for one round trip: the agent's version, the stored score, and the evidence where that is stale. */
export const selectCurrentScore = (db: EnteredDb, agentId: string, now: Date) =>
  [selectVersion(db, agentId, now), selectFreshScore(db, agentId, now), selectEvidenceIfStale(db, agentId, now)] as const;

type Read = { readonly [K in 0 | 1 | 2]: Awaited<ReturnType<typeof selectCurrentScore>[K]> };
export type CurrentScore = { readonly computed: "stored" | "on_read"; readonly document: ScoreDocument };

/** The score as of now: the stored one while it holds, else computed from the evidence; undefined where there is no such agent. */
export async function currentScore(
  { agentId, ownerOrg, now }: { readonly agentId: string; readonly ownerOrg: string; readonly now: Date },
  { 0: [agent], 1: [fresh], 2: rows }: Read,
): Promise<CurrentScore | undefined> {
  if (agent === undefined) return undefined;
  if (fresh !== undefined) return { computed: "stored", document: fresh.document };
  const evidence = toEvidence({ agentId, ownerOrg, versionNumber: agent.versionNumber, asOf: now }, rows);
  return { computed: "on_read", document: await computeScore(evidence) };
}

type Subject = { readonly agentId: string; readonly ownerOrg: string; readonly versionNumber: number; readonly asOf: Date };

export const toEvidence = ({ asOf, ...subject }: Subject, rows: readonly EvidenceRow[]): Evidence => ({
  formula: formulaVersion,
  ...subject,
  asOf: asOf.toISOString(),
  runsOnRecord: runsOnRecord(rows),
  records: rows.map(toRecord),
});
