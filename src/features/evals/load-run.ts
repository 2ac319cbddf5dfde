import { selectKeyHistory, type HistoryRow } from "../../access/current-signer.ts";
import { evalRuns } from "../../db/schema/evals.ts";
import type { ScopedDb, TenantReader } from "../../db/tenant-db.ts";
import { selectAgent } from "../agents/index.ts";
import { selectPact } from "../pacts/index.ts";
import { selectCalibration, selectPanel } from "../judge-panels/index.ts";
import { selectReceiptHead } from "../receipts/index.ts";
import { selectScoreGround, type ScoreGround } from "../scores/index.ts";
import { pactJudge, type PactJudge } from "./checks/pact.ts";
import type { CaseResult } from "./result.ts";
import { fieldOfRun, selectAllCases, selectOwnSuite, selectPlatformSuite, selectRun, type RunRow } from "./store.ts";
import type { SuiteCase } from "./suite.ts";

export type LoadedRun = {
  readonly run: RunRow;
  readonly agent: Awaited<ReturnType<typeof selectAgent>>[number];
  readonly suiteCases: readonly SuiteCase[];
  readonly pact: PactJudge | null;
  /** The panel that the run names, as it is now. */
  readonly panel: Awaited<ReturnType<typeof selectPanel>>[number] | undefined;
  readonly recorded: readonly CaseResult[];
};
/** With what the agent's score rests on so far, and what the receipt of the run's end stands on. */
export type RunToClose = LoadedRun & {
  readonly scoreGround: ScoreGround;
  readonly receiptHead: Awaited<ReturnType<typeof selectReceiptHead>>[number] | undefined;
  readonly keyHistory: HistoryRow | undefined;
  readonly calibration: Awaited<ReturnType<typeof selectCalibration>>[number] | undefined;
};

/** Everything that a run is made of and has brought so far, in one round trip; undefined where there is no such run. */
export async function loadRun(tenant: TenantReader, runId: string): Promise<LoadedRun | undefined> {
  return await assemble(await tenant.read((db) => partsOf(db, runId)));
}

/** The same, and what its end needs besides, in one round trip too. */
export async function loadRunToClose(tenant: TenantReader, runId: string): Promise<RunToClose | undefined> {
  const [rows, [standing], [receiptHead], [keyHistory], [calibration], ...parts] = await tenant.read((db) => [
    ...selectScoreGround(db, fieldOfRun(db, runId, evalRuns.agentId), null),
    selectReceiptHead(db, fieldOfRun(db, runId, evalRuns.agentId)),
    selectKeyHistory(db),
    selectCalibration(db, fieldOfRun(db, runId, evalRuns.calibrationId)),
    ...partsOf(db, runId),
  ]);
  const loaded = await assemble(parts);
  return loaded && { ...loaded, scoreGround: { rows, standing }, receiptHead, keyHistory, calibration };
}

const partsOf = (db: ScopedDb, runId: string) =>
  [
    selectRun(db, runId),
    selectAgent(db, fieldOfRun(db, runId, evalRuns.agentId)),
    selectOwnSuite(db, fieldOfRun(db, runId, evalRuns.suiteId)),
    selectPlatformSuite(db, fieldOfRun(db, runId, evalRuns.suiteId)),
    selectPact(db, fieldOfRun(db, runId, evalRuns.pactId)),
    selectPanel(db, fieldOfRun(db, runId, evalRuns.judgePanelId)),
    selectAllCases(db, runId),
  ] as const;

type RowsOf<T extends readonly unknown[]> = { readonly [K in keyof T]: Awaited<T[K]> };
type Parts = RowsOf<ReturnType<typeof partsOf>>;

async function assemble([[run], [agent], [own], [platform], [pact], [panel], recorded]: Parts): Promise<LoadedRun | undefined> {
  const suite = own ?? platform;
  if (run === undefined || agent === undefined || suite === undefined) return undefined;
  return { run, agent, suiteCases: suite.cases, pact: pact === undefined ? null : await pactJudge(pact), panel, recorded };
}
