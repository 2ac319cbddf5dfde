import type { EnteredDb } from "../../db/tenant-db.ts";
import { computeScore } from "./compute-score.ts";
import { considerEvidence } from "./consider-evidence.ts";
import type { Evidence, ScoreDocument } from "./evidence.ts";
import { runsOnRecord, toRecord, type EvidenceRow } from "./evidence-row.ts";
import { formulaVersion } from "./formula.ts";
import { selectEvidence, selectEvidenceIfStale, selectFreshScore, selectVersion, type AgentRef } from "./store.ts";

/** What the score of now is read or computed from, for one round trip: the agent's version, the stored score, and the evidence where that is stale. */
export const selectCurrentScore = (db: EnteredDb, agentId: AgentRef, now: Date) =>
  [selectVersion(db, agentId, now), selectFreshScore(db, agentId, now), selectEvidenceIfStale(db, agentId, now)] as const;

/** The same, with the evidence in any case. */
export const selectScoreWithEvidence = (db: EnteredDb, agentId: AgentRef, now: Date) =>
  [selectVersion(db, agentId, now), selectFreshScore(db, agentId, now), selectEvidence(db, agentId, now)] as const;

type Read = { readonly [K in 0 | 1 | 2]: Awaited<ReturnType<typeof selectCurrentScore>[K]> };
export type CurrentScore = { readonly computed: "stored" | "on_read"; readonly document: ScoreDocument };

/** The score as of now: the stored one while it holds, else computed from the evidence; undefined where there is no such agent. */
export async function currentScore(
  { agentId, now }: { readonly agentId: string; readonly now: Date },
  { 0: [agent], 1: [fresh], 2: rows }: Read,
): Promise<CurrentScore | undefined> {
  if (agent === undefined) return undefined;
  if (fresh !== undefined) return { computed: "stored", document: fresh.document };
  const evidence = toEvidence({ agentId, ...agent, asOf: now }, rows);
  return { computed: "on_read", document: await computeScore(evidence) };
}

/** The same for whoever only takes what is there: null where it cannot be computed, which is never enough for anything. */
export async function availableScore(of: Parameters<typeof currentScore>[0], read: Read): Promise<ScoreDocument | null> {
  try {
    return (await currentScore(of, read))?.document ?? null;
  } catch {
    return null;
  }
}

type Subject = { readonly agentId: string; readonly ownerOrg: string; readonly versionNumber: number; readonly asOf: Date };

/** What currentScore's score is recomputed from, by anyone and to the digit, of what selectScoreWithEvidence read. */
export function evidenceOfCurrentScore(
  { agentId, now }: { readonly agentId: string; readonly now: Date },
  { 0: [agent], 1: [fresh], 2: rows }: Read,
): Evidence | undefined {
  return agent === undefined ? undefined : toConsidered({ agentId, ...agent, asOf: fresh?.computedAt ?? now }, rows);
}

/** Those of the records that a score considers. */
export function toConsidered(subject: Subject, rows: readonly EvidenceRow[]): Evidence {
  const evidence = toEvidence(subject, rows);
  return { ...evidence, records: considerEvidence(evidence.records, subject.ownerOrg) };
}

export const toEvidence = ({ asOf, ...subject }: Subject, rows: readonly EvidenceRow[]): Evidence => ({
  formula: formulaVersion,
  ...subject,
  asOf: asOf.toISOString(),
  runsOnRecord: runsOnRecord(rows),
  records: rows.map(toRecord),
});
