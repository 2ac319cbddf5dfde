import type { TenantWriter } from "../../db/tenant-db.ts";
import type { Environment } from "../../env.ts";
import { problem } from "../../http/problem.ts";
import { accuracyOf } from "../judge-panels/index.ts";
import { bringNoEvidence, planReceipt, writeChained } from "../receipts/index.ts";
import { planScore, suiteAssurance, type EvidenceRecord } from "../scores/index.ts";
import { announceRun } from "./announce-run.ts";
import { summarizeJury } from "./jury-summary.ts";
import { loadRunToClose, type LoadedRun, type RunToClose } from "./load-run.ts";
import { isConflict } from "./persist.ts";
import { evidenceOf } from "./run-evidence.ts";
import { factsOfRun } from "./run-receipt.ts";
import { summarizeRun, type FinalStatus, type ReasonCode } from "./run.ts";
import type { RunView } from "./schemas.ts";
import { settleCases, type SettledCases } from "./settle-cases.ts";
import { insertCase, updateRunClosed, type RunClosing, type RunRow } from "./store.ts";
import { toCase, toRun } from "./views.ts";

type ClosingAction = "run.finished" | "run.cancelled";
export type Ending = { readonly status: FinalStatus; readonly reasonCodes?: readonly ReasonCode[] };
export type Closer<A extends ClosingAction> = {
  readonly env: Environment;
  readonly tenant: TenantWriter<A>;
  readonly action: A;
  readonly now: Date;
  /** How the run ends, from how it stands; may throw where it must not. Null leaves it as it is. */
  readonly decide: (loaded: LoadedRun) => Ending | null;
};

/** Cases are recorded while a run is being closed; each makes us read again. */
const maxAttempts = 6;

/**
 * Ends a run: its summary, its receipt, its evidence and the agent's new score in one conditional write, made of every case that was recorded and
 * of those that the agent leaves unanswered. Two round trips, unless another case or receipt comes in between. Returns the run as it stands then.
 */
export async function closeRun<A extends ClosingAction>({ env, tenant, action, now, decide }: Closer<A>, runId: string): Promise<RunView> {
  for (let attempt = 1; ; attempt += 1) {
    const loaded = await loadRunToClose(tenant, runId);
    if (loaded === undefined) throw problem("not_found", "no such run");
    const ending = decide(loaded);
    if (ending === null) return toRun(loaded.run);
    const cases = await settleCases(loaded, ending.status, now);
    const closing = closingOf(loaded, cases, ending, now);
    const view = toRun({ ...loaded.run, ...closing });
    const record = recordOf(loaded, cases, now);
    const score = record && (await planEvidence(loaded, record, now));
    const version = { number: loaded.run.agentVersionNumber, digest: loaded.run.agentVersionDigest };
    const change = { ...view, unanswered: cases.unanswered.map(toCase) };
    const consequences = score?.consequences ?? [];
    const announces = announceRun(view, record);
    const facts = await factsOfRun(view);
    const write = async (head: RunToClose["receiptHead"]) => {
      const receipt = await planReceipt({ env, tenant, now }, { head, keyHistory: loaded.keyHistory, version }, facts, change);
      await tenant.write({ action, resource: runId, change: receipt.change, answer: view, consequences, announces }, (db) => [
        updateRunClosed(db, loaded.run, closing),
        ...cases.unanswered.map((row) => insertCase(db, runId, row)),
        ...(score?.statements(db) ?? []),
        ...receipt.statements(db),
      ]);
      return { answer: view, head: receipt.view };
    };
    try {
      return await writeChained(loaded.receiptHead, write, bringNoEvidence);
    } catch (thrown) {
      if (!isConflict(thrown) || attempt >= maxAttempts) throw thrown;
    }
  }
}

function closingOf(
  { run, suiteCases, calibration }: RunToClose,
  { results }: SettledCases,
  { status, reasonCodes = [] }: Ending,
  now: Date,
): RunClosing {
  const summary = summarizeRun(status, results, suiteCases.length, run.floor);
  const accuracy = accuracyOf(calibration?.result ?? null);
  return {
    ...summary,
    jury: run.judgePanelId === null ? null : summarizeJury(results, accuracy),
    reasonCodes: [...summary.reasonCodes, ...reasonCodes],
    status,
    recordedCases: results.length,
    finishedAt: now,
    updatedAt: now,
  };
}

/** Null for what is no evidence: a simulation, and a run that never began. */
const recordOf = ({ run }: RunToClose, { results, notRunChecks }: SettledCases, now: Date): EvidenceRecord | null =>
  run.mode === "simulation" || run.startedAt === null ? null : evidenceOf(subjectOf(run, now), results, notRunChecks);

const planEvidence = ({ run, agent, scoreGround: ground }: RunToClose, record: EvidenceRecord, now: Date) =>
  planScore({ agentId: run.agentId, ownerOrg: run.orgId, versionNumber: agent.versionNumber, ground, record, now });

const subjectOf = (run: RunRow, at: Date) => ({
  runId: run.id,
  suiteDigest: run.suiteDigest,
  author: run.suiteAuthor,
  assurance: suiteAssurance(run.suiteAuthor, run.orgId),
  versionNumber: run.agentVersionNumber,
  versionDigest: run.agentVersionDigest,
  at,
});
