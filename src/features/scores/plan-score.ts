import type { Query, ScopedDb } from "../../db/tenant-db.ts";
import { newId } from "../../platform/ids.ts";
import { computeScore } from "./compute-score.ts";
import type { EvidenceRecord, ScoreDocument } from "./evidence.ts";
import { fromRecord, runsOnRecord, toRecord, type EvidenceRow } from "./evidence-row.ts";
import { formulaVersion } from "./formula.ts";
import { insertEvidence, insertScore } from "./store.ts";

/** What a run brings to the score of its agent. `rows` is all that selectEvidence read, `versionNumber` the agent's present one. */
export type NewEvidence = {
  readonly agentId: string;
  readonly ownerOrg: string;
  readonly versionNumber: number;
  readonly rows: readonly EvidenceRow[];
  readonly record: EvidenceRecord;
  readonly now: Date;
};

export type ScorePlan = {
  readonly document: ScoreDocument;
  /** Writes the run's evidence and the score that comes of it: for the transaction that ends the run. */
  readonly statements: (db: ScopedDb) => readonly Query[];
};

/**
 * Now, or just after the newest evidence where that is not before now: runs that end together began to end in another order than they are
 * written in, and a score must be computable again from all evidence up to its time.
 */
function momentAfter(rows: readonly EvidenceRow[], now: Date): Date {
  const newest = rows.reduce((latest, { at }) => Math.max(latest, at.getTime()), -Infinity);
  return new Date(Math.max(now.getTime(), newest + 1));
}

/** The agent's score with one run more, both as of `now` or of the next free moment. */
export async function planScore({ agentId, ownerOrg, versionNumber, rows, record: given, now }: NewEvidence): Promise<ScorePlan> {
  const asOf = momentAfter(rows, now).toISOString();
  const record = { ...given, at: asOf };
  const document = await computeScore({
    formula: formulaVersion,
    agentId,
    ownerOrg,
    versionNumber,
    asOf,
    runsOnRecord: runsOnRecord(rows) + 1,
    records: [...rows, fromRecord(record)].map(toRecord),
  });
  const [evidenceId, scoreId] = [newId("evidence"), newId("score")];
  return {
    document,
    statements: (db) => [insertEvidence(db, evidenceId, agentId, record), insertScore(db, scoreId, agentId, document)],
  };
}
