import { evalRuns } from "../../db/schema/evals.ts";
import type { TenantReader } from "../../db/tenant-db.ts";
import { selectAgent } from "../agents/index.ts";
import { selectPact } from "../pacts/index.ts";
import { selectEvidence } from "../scores/index.ts";
import { pactJudge, type PactJudge } from "./checks/pact.ts";
import type { CaseResult } from "./result.ts";
import { fieldOfRun, selectAllCases, selectOwnSuite, selectPlatformSuite, selectRun, type RunRow } from "./store.ts";
import type { SuiteCase } from "./suite.ts";

export type LoadedRun = {
  readonly run: RunRow;
  readonly agent: Awaited<ReturnType<typeof selectAgent>>[number];
  readonly suiteCases: readonly SuiteCase[];
  readonly pact: PactJudge | null;
  readonly recorded: readonly CaseResult[];
  readonly evidence: Awaited<ReturnType<typeof selectEvidence>>;
};

/** Everything that a run is made of and has brought so far, in one round trip; undefined where there is no such run. */
export async function loadRun(tenant: TenantReader, runId: string, now: Date): Promise<LoadedRun | undefined> {
  const [[run], [agent], [own], [platform], [pact], recorded, evidence] = await tenant.read((db) => [
    selectRun(db, runId),
    selectAgent(db, fieldOfRun(db, runId, evalRuns.agentId)),
    selectOwnSuite(db, fieldOfRun(db, runId, evalRuns.suiteId)),
    selectPlatformSuite(db, fieldOfRun(db, runId, evalRuns.suiteId)),
    selectPact(db, fieldOfRun(db, runId, evalRuns.pactId)),
    selectAllCases(db, runId),
    selectEvidence(db, fieldOfRun(db, runId, evalRuns.agentId), now),
  ]);
  const suite = own ?? platform;
  if (run === undefined || agent === undefined || suite === undefined) return undefined;
  return { run, agent, suiteCases: suite.cases, pact: pact === undefined ? null : await pactJudge(pact), recorded, evidence };
}
