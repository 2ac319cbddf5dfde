import type { TenantWriter } from "../../db/tenant-db.ts";
import { problem } from "../../http/problem.ts";
import { notRun, planScore, suiteAssurance } from "../scores/index.ts";
import { checksWithoutAnswer } from "./judge-case.ts";
import { loadRunToClose, type LoadedRun, type RunToClose } from "./load-run.ts";
import { isConflict } from "./persist.ts";
import { evidenceOf } from "./run-evidence.ts";
import { summarizeRun, type FinalStatus, type ReasonCode } from "./run.ts";
import type { RunView } from "./schemas.ts";
import { updateRunClosed, type RunClosing, type RunRow } from "./store.ts";
import { toRun } from "./views.ts";

type ClosingAction = "run.finished" | "run.cancelled";
export type Ending = { readonly status: FinalStatus; readonly reasonCodes?: readonly ReasonCode[] };
export type Closer<A extends ClosingAction> = {
  readonly tenant: TenantWriter<A>;
  readonly action: A;
  readonly now: Date;
  /** How the run ends, from how it stands; may throw where it must not. Null leaves it as it is. */
  readonly decide: (loaded: LoadedRun) => Ending | null;
};

/** Cases are recorded while a run is being closed; each makes us read again. */
const maxAttempts = 6;

/**
 * Ends a run: its summary, its evidence and the agent's new score in one conditional write, made of every case that was recorded.
 * Two round trips, unless another case is recorded in between. Returns the run as it stands then.
 */
export async function closeRun<A extends ClosingAction>({ tenant, action, now, decide }: Closer<A>, runId: string): Promise<RunView> {
  for (let attempt = 1; ; attempt += 1) {
    const loaded = await loadRunToClose(tenant, runId, now);
    if (loaded === undefined) throw problem("not_found", "no such run");
    const ending = decide(loaded);
    if (ending === null) return toRun(loaded.run);
    const closing = closingOf(loaded, ending, now);
    const view = toRun({ ...loaded.run, ...closing });
    const score = await planEvidence(loaded, now);
    try {
      await tenant.write({ action, resource: runId, change: view, answer: view }, (db) => [
        updateRunClosed(db, loaded.run, closing),
        ...(score?.statements(db) ?? []),
      ]);
      return view;
    } catch (thrown) {
      if (!isConflict(thrown) || attempt >= maxAttempts) throw thrown;
    }
  }
}

function closingOf({ run, recorded, suiteCases }: LoadedRun, { status, reasonCodes = [] }: Ending, now: Date): RunClosing {
  const summary = summarizeRun(status, recorded, suiteCases.length, run.floor);
  return { ...summary, reasonCodes: [...summary.reasonCodes, ...reasonCodes], status, finishedAt: now, updatedAt: now };
}

/** Null for what is no evidence: a simulation, and a run that never began. */
async function planEvidence({ run, agent, suiteCases, pact, recorded, evidence: rows }: RunToClose, now: Date) {
  if (run.mode === "simulation" || run.startedAt === null) return null;
  const indexes = new Set(recorded.map(({ index }) => index));
  const skipped = suiteCases.filter((_, index) => !indexes.has(index));
  const record = evidenceOf(
    subjectOf(run, now),
    recorded,
    skipped.flatMap((one) => checksWithoutAnswer(one, { ok: false, attribution: "platform", reason: notRun }, pact)),
  );
  return await planScore({ agentId: run.agentId, ownerOrg: run.orgId, versionNumber: agent.versionNumber, rows, record, now });
}

const subjectOf = (run: RunRow, at: Date) => ({
  runId: run.id,
  suiteDigest: run.suiteDigest,
  author: run.suiteAuthor,
  assurance: suiteAssurance(run.suiteAuthor, run.orgId),
  versionNumber: run.agentVersionNumber,
  versionDigest: run.agentVersionDigest,
  at,
});
