import type { Consequence, Query, ScopedDb } from "../../db/tenant-db.ts";
import { Problem, problem } from "../../http/problem.ts";
import { newId } from "../../platform/ids.ts";
import { computeScore } from "./compute-score.ts";
import type { EvidenceRecord, ScoreDocument } from "./evidence.ts";
import { fromRecord, runsOnRecord, toRecord, type EvidenceRow } from "./evidence-row.ts";
import { formulaVersion } from "./formula.ts";
import { announce, findChange, nextLook } from "./score-change.ts";
import { insertEvidence, insertScore, scheduleLook, selectEvidence, selectStanding, type AgentRef } from "./store.ts";

/** What the score of an agent with one run more stands on, for one round trip: all evidence, or that up to a time. */
export const selectScoreGround = (db: ScopedDb, agentId: AgentRef, asOf: Date | null) =>
  [selectEvidence(db, agentId, asOf), selectStanding(db, agentId)] as const;

/** What was read for it. */
export type ScoreGround = {
  readonly rows: readonly EvidenceRow[];
  readonly standing: Awaited<ReturnType<typeof selectStanding>>[number] | undefined;
};

/** What a run brings to the score of its agent. `ground` is what selectScoreGround read, `versionNumber` the agent's present one. */
export type NewEvidence = {
  readonly agentId: string;
  readonly ownerOrg: string;
  readonly versionNumber: number;
  readonly ground: ScoreGround;
  readonly record: EvidenceRecord;
  readonly now: Date;
};

export type ScorePlan = {
  readonly document: ScoreDocument;
  /** For the event of the write that has these statements. */
  readonly consequences: readonly Consequence[];
  /** Writes the run's evidence and the score that comes of it: for the transaction that ends the run. Fails as isScoreRace says. */
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
export async function planScore({ agentId, ownerOrg, versionNumber, ground, record: given, now }: NewEvidence): Promise<ScorePlan> {
  const { rows, standing } = ground;
  if (standing === undefined) throw problem("not_found", "no such agent");
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
  const change = findChange(standing.document, document);
  return {
    document,
    consequences: change === null ? [] : announce(agentId, scoreId, change),
    statements: (db) => [
      insertEvidence(db, evidenceId, agentId, record),
      insertScore(db, scoreId, agentId, document),
      scheduleLook(db, { agentId, revision: standing.revision, dueAt: nextLook(document, now) }),
    ],
  };
}

/** Another score of the agent was kept, or it became another version, between the read and the write: to be done again. */
export const isScoreRace = (thrown: unknown): boolean => thrown instanceof Problem && thrown.blocker === "no row matched on score_upkeep";
