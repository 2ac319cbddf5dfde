import { and, asc, desc, eq, gt, lt, lte, notExists, sql, type SQL } from "drizzle-orm";
import { agents, agentVersions } from "../../db/schema/agents.ts";
import { evidence, scores, scoreUpkeep } from "../../db/schema/scores.ts";
import type { EnteredDb, ScopedDb } from "../../db/tenant-db.ts";
import { keyset, type Page } from "../../http/pagination.ts";
import type { EvidenceRecord, ScoreDocument } from "./evidence.ts";
import { fromRecord } from "./evidence-row.ts";
import { judgement } from "./formula.ts";
import type { Tier } from "../../scores/names.ts";

/** An agent's id, or a subquery for it. */
export type AgentRef = string | SQL;

/** A score is read again from its evidence once it is so old: decay moves no published digit that matters in less. */
const staleAfterMs = 3_600_000;
/** A run that is added afterwards pushes others out; so many checks more than a score considers are read, more than a run has. */
const checksRead = 2 * judgement.checksConsidered;

const ofAgent = ({ orgId }: EnteredDb, agentId: AgentRef, asOf: Date | null) =>
  and(eq(evidence.orgId, orgId), eq(evidence.agentId, agentId), asOf === null ? undefined : lte(evidence.at, asOf));

/** Stored scores that still hold: recent, of the agent's present version, and of all the evidence that there is. */
function selectFresh(db: EnteredDb, agentId: AgentRef, now: Date) {
  const { orm, orgId } = db;
  const version = orm
    .select({ number: agents.versionNumber })
    .from(agents)
    .where(and(eq(agents.orgId, orgId), eq(agents.id, agentId)));
  const runs = orm
    .select({ count: sql`count(*)` })
    .from(evidence)
    .where(ofAgent(db, agentId, now));
  return orm
    .select()
    .from(scores)
    .where(
      and(
        eq(scores.orgId, orgId),
        eq(scores.agentId, agentId),
        gt(scores.computedAt, new Date(now.getTime() - staleAfterMs)),
        eq(scores.versionNumber, sql`(${version})`),
        eq(scores.runsOnRecord, sql`(${runs})`),
      ),
    );
}

/** The stored score, if it still holds. */
export const selectFreshScore = (db: EnteredDb, agentId: AgentRef, now: Date) =>
  selectFresh(db, agentId, now).orderBy(desc(scores.computedAt), desc(scores.id)).limit(1);

/**
 * The evidence that a score considers as of a time, and up to as much again, in the order of considerEvidence, whose rule this is: windows
 * over the runs' ids and sizes decide which runs are read, so that no amount of evidence makes a read large.
 */
function selectRuns(db: EnteredDb, agentId: AgentRef, asOf: Date | null, condition?: SQL) {
  const { orm, orgId } = db;
  const runId = sql`${evidence.runId} collate "C"`;
  const ranked = orm
    .select({
      id: evidence.id,
      cost: sql<number>`${evidence.checks} + 1`.as("cost"),
      at: evidence.at,
      runId: sql<string>`${runId}`.as("run_id_c"),
      rank: sql<number>`case when ${evidence.criticalFailures} > 0 then 0 when ${evidence.author} = ${orgId} then 2 else 1 end`.as("rank"),
      place:
        sql<number>`row_number() over (partition by ${evidence.author}, ${evidence.suiteDigest}, ${evidence.versionNumber} order by ${evidence.at} desc, ${runId} desc)`.as(
          "place",
        ),
    })
    .from(evidence)
    .where(and(ofAgent(db, agentId, asOf), condition))
    .as("ranked");
  const summed = orm
    .select({
      id: ranked.id,
      before:
        sql<number>`sum(${ranked.cost}) over (order by ${ranked.rank}, ${ranked.place}, ${ranked.at} desc, ${ranked.runId} desc rows unbounded preceding) - ${ranked.cost}`.as(
          "before",
        ),
      runsOnRecord: sql<number>`count(*) over ()`.mapWith(Number).as("runs_on_record"),
    })
    .from(ranked)
    .as("summed");
  return orm
    .select({
      runId: evidence.runId,
      suiteDigest: evidence.suiteDigest,
      author: evidence.author,
      assurance: evidence.assurance,
      versionNumber: evidence.versionNumber,
      versionDigest: evidence.versionDigest,
      entries: evidence.entries,
      unavailable: evidence.unavailable,
      at: evidence.at,
      runsOnRecord: summed.runsOnRecord,
    })
    .from(summed)
    .innerJoin(evidence, and(eq(evidence.orgId, orgId), eq(evidence.id, summed.id)))
    .where(lt(summed.before, checksRead))
    .orderBy(asc(evidence.at));
}

/** Null: all that there is, whatever its time. */
export const selectEvidence = (db: EnteredDb, agentId: AgentRef, asOf: Date | null) => selectRuns(db, agentId, asOf);

/** Nothing where the stored score still holds: then it is not needed. */
export const selectEvidenceIfStale = (db: EnteredDb, agentId: AgentRef, now: Date) =>
  selectRuns(db, agentId, now, notExists(selectFresh(db, agentId, now)));

/** The agent's version as of a time, and whose the agent is. */
export function selectVersion({ orm, orgId }: EnteredDb, agentId: AgentRef, asOf: Date) {
  const then = orm
    .select({ number: sql`max(${agentVersions.number})` })
    .from(agentVersions)
    .where(and(eq(agentVersions.orgId, orgId), eq(agentVersions.agentId, agentId), lte(agentVersions.createdAt, asOf)));
  return orm
    .select({ versionNumber: sql`coalesce((${then}), ${agents.versionNumber})`.mapWith(Number), ownerOrg: agents.orgId })
    .from(agents)
    .where(and(eq(agents.orgId, orgId), eq(agents.id, agentId)));
}

/** What a public history shows of each stored score, newest first: figures from the documents, which themselves are not read. */
export const selectScoreHistory = ({ orm, orgId }: EnteredDb, agentId: string, limit: number) =>
  orm
    .select({
      computedAt: scores.computedAt,
      versionNumber: scores.versionNumber,
      compositeScore: sql<number | null>`(${scores.document} ->> 'compositeScore')::integer`,
      certificationTier: sql<Tier | null>`${scores.document} ->> 'certificationTier'`,
      openCriticalViolations: sql<number>`jsonb_array_length(${scores.document} -> 'openCriticalViolations')`.mapWith(Number),
    })
    .from(scores)
    .where(and(eq(scores.orgId, orgId), eq(scores.agentId, agentId)))
    .orderBy(desc(scores.computedAt), desc(scores.id))
    .limit(limit);

/** Newest first; nothing for an agent of another organization. */
export function selectScores({ orm, orgId }: ScopedDb, agentId: string, page: Page) {
  const { where, orderBy, limit } = keyset(page, scores.computedAt, scores.id);
  return orm
    .select({ id: scores.id, document: scores.document, computedAt: scores.computedAt })
    .from(scores)
    .where(and(eq(scores.orgId, orgId), eq(scores.agentId, agentId), where))
    .orderBy(...orderBy)
    .limit(limit);
}

/** The score that was kept last, null where there is none yet, and the revision that the next write must name. */
export function selectStanding({ orm, orgId }: ScopedDb, agentId: AgentRef) {
  const newest = orm
    .select({ document: scores.document })
    .from(scores)
    .where(and(eq(scores.orgId, orgId), eq(scores.agentId, agentId)))
    .orderBy(desc(scores.computedAt), desc(scores.id))
    .limit(1);
  return orm
    .select({ revision: scoreUpkeep.revision, dueAt: scoreUpkeep.dueAt, document: sql<ScoreDocument | null>`(${newest})` })
    .from(scoreUpkeep)
    .where(and(eq(scoreUpkeep.orgId, orgId), eq(scoreUpkeep.agentId, agentId)));
}

/** Counts what changed the score, or may: what stands on the score of a read can ask whether it is still so. */
export const selectScoreRevision = ({ orm, orgId }: ScopedDb, agentId: AgentRef) =>
  orm
    .select({ revision: scoreUpkeep.revision })
    .from(scoreUpkeep)
    .where(and(eq(scoreUpkeep.orgId, orgId), eq(scoreUpkeep.agentId, agentId)));

export type Look = { readonly agentId: string; readonly revision: number; readonly dueAt: Date | null };

/** Matches only while no other score was kept, no look taken and no version made since `revision` was read. */
export const scheduleLook = ({ orm, orgId }: ScopedDb, { agentId, revision, dueAt }: Look) =>
  orm
    .update(scoreUpkeep)
    .set({ revision: revision + 1, dueAt })
    .where(and(eq(scoreUpkeep.orgId, orgId), eq(scoreUpkeep.agentId, agentId), eq(scoreUpkeep.revision, revision)));

export const insertEvidence = ({ orm, orgId }: ScopedDb, id: string, agentId: string, record: EvidenceRecord) =>
  orm.insert(evidence).values({ orgId, id, agentId, ...fromRecord(record) });

export const insertScore = ({ orm, orgId }: ScopedDb, id: string, agentId: string, document: ScoreDocument) =>
  orm.insert(scores).values({
    orgId,
    id,
    agentId,
    document,
    versionNumber: document.provenance.agentVersionNumber,
    runsOnRecord: document.provenance.runsOnRecord,
    computedAt: new Date(document.computedAt),
  });
