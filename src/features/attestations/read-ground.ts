import { selectKeyHistory, type HistoryRow } from "../../access/current-signer.ts";
import { jsonDigest, type Digest } from "../../crypto/digest.ts";
import type { ScopedDb, TenantReader } from "../../db/tenant-db.ts";
import { problem } from "../../http/problem.ts";
import { selectAgent } from "../agents/index.ts";
import { selectAllCases, selectRun } from "../evals/index.ts";
import { selectPact } from "../pacts/index.ts";
import { currentScore, selectCurrentScore } from "../scores/index.ts";
import type { ClaimPolicy } from "./claim-policy.ts";
import { pactContent, runContent, scoreContent, type Content } from "./claims.ts";
import type { About } from "./schemas.ts";
import type { RevokedRow } from "./status-list.ts";
import { selectClaimPolicy, selectCosigners, selectRevoked } from "./store.ts";

/** All that an attestation stands on, read in one round trip. */
export type Ground = {
  readonly policy: { readonly policy: ClaimPolicy; readonly digest: string } | undefined;
  readonly keyHistory: HistoryRow | undefined;
  readonly revoked: readonly RevokedRow[];
  readonly content: Content;
};

type Wanted = { readonly tenant: TenantReader; readonly agentId: string; readonly now: Date };

const common = (db: ScopedDb, { agentId, now }: Wanted) =>
  [selectClaimPolicy(db), selectKeyHistory(db), selectRevoked(db, now), selectAgent(db, agentId)] as const;

export function readGround(wanted: Wanted, about: About): Promise<Ground> {
  switch (about.kind) {
    case "score":
      return readScoreGround(wanted, about);
    case "eval_run":
      return readRunGround(wanted, about);
    case "pact":
      return readPactGround(wanted, about);
  }
}

async function readScoreGround(wanted: Wanted, about: Extract<About, { kind: "score" }>): Promise<Ground> {
  const { tenant, agentId, now } = wanted;
  const [[policy], [keyHistory], revoked, [agent], ...rows] = await tenant.read((db) => [
    ...common(db, wanted),
    ...selectCurrentScore(db, agentId, now),
  ]);
  const inService = requireInService(agent);
  const score = await currentScore({ agentId, now }, rows);
  if (score === undefined) throw problem("not_found", "no such agent");
  return { policy, keyHistory, revoked, content: scoreContent(score.document, versionOf(inService), about) };
}

async function readRunGround(wanted: Wanted, { runId, evidenceDigests }: Extract<About, { kind: "eval_run" }>): Promise<Ground> {
  const { tenant, agentId } = wanted;
  const [[policy], [keyHistory], revoked, [agent], [run], cases] = await tenant.read((db) => [
    ...common(db, wanted),
    selectRun(db, runId),
    selectAllCases(db, runId),
  ]);
  requireInService(agent);
  if (run === undefined || run.agentId !== agentId) throw problem("not_found", "no such run of this agent");
  if (run.finishedAt === null) throw problem("state_conflict", `the run is ${run.status}`);
  return { policy, keyHistory, revoked, content: runContent(run, evidenceDigests ? await digestCases(cases) : null) };
}

async function readPactGround(wanted: Wanted, { pactId, evidenceDigests }: Extract<About, { kind: "pact" }>): Promise<Ground> {
  const { tenant, agentId } = wanted;
  const [[policy], [keyHistory], revoked, [agent], [pact], cosigners] = await tenant.read((db) => [
    ...common(db, wanted),
    selectPact(db, pactId),
    selectCosigners(db, pactId),
  ]);
  const inService = requireInService(agent);
  if (pact === undefined || pact.agentId !== agentId) throw problem("not_found", "no such pact of this agent");
  const { digest } = pact;
  if (digest === null) throw problem("state_conflict", "a draft promises nothing yet");
  return {
    policy,
    keyHistory,
    revoked,
    content: pactContent({ ...pact, digest }, versionOf(inService), evidenceDigests ? cosigners : null),
  };
}

type Agent = Awaited<ReturnType<typeof selectAgent>>[number];

function requireInService(agent: Agent | undefined): Agent {
  if (agent === undefined) throw problem("not_found", "no such agent");
  if (agent.archivedAt !== null) throw problem("state_conflict", "the agent is archived");
  return agent;
}

const versionOf = ({ versionNumber, versionDigest }: Agent) => ({ number: versionNumber, digest: versionDigest });

type CaseDigests = { readonly index: number; readonly status: string; readonly inputDigest: string; readonly outputDigest: string | null };

/** The digest of what was asked and answered in a run, case by case: whoever reads the cases can compute it too. */
const digestCases = (cases: readonly CaseDigests[]): Promise<Digest> =>
  jsonDigest(cases.map(({ index, status, inputDigest, outputDigest }) => ({ index, status, inputDigest, outputDigest })));
