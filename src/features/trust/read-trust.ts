import { selectKeyHistory } from "../../access/current-signer.ts";
import { enterPublicAgent, readAsPublic, type PublicDb } from "../../db/read-as-public.ts";
import type { Basics } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { selectPublicAttestation, showPublicly, statusListUrl } from "../attestations/index.ts";
import { currentScore, selectCurrentScore, selectScoreHistory } from "../scores/index.ts";
import { selectCheckpoint } from "../transparency/index.ts";
import type { TrustView } from "./schemas.ts";
import { selectShownAgent } from "./store.ts";
import { toTrustReport } from "./trust-report.ts";

/** Stored scores that a history shows. */
const historyPoints = 30;

/** What may be known of a public agent by anyone, as of now: one round trip. */
export async function readTrust(context: Basics, agentId: string): Promise<TrustView> {
  const { requestId, now } = context;
  const rows = await readAsPublic(context, enterPublicAgent(agentId, requestId), (db) =>
    selectTrust(db, { agentId, now, owner: null, selectScore: selectCurrentScore }),
  );
  return toTrust(context, agentId, rows);
}

type Wanted = {
  readonly agentId: string;
  readonly now: Date;
  /** Whose agents need not be public. */
  readonly owner: string | null;
  readonly selectScore: typeof selectCurrentScore;
};

/** What a trust report is made of, for one round trip. */
export const selectTrust = (db: PublicDb, { agentId, now, owner, selectScore }: Wanted) =>
  [
    selectShownAgent(db, agentId, owner),
    ...selectScore(db, agentId, now),
    selectScoreHistory(db, agentId, historyPoints),
    selectPublicAttestation(db, agentId, now),
    selectKeyHistory(db),
    selectCheckpoint(db),
  ] as const;

type RowsOf<T extends readonly unknown[]> = { readonly [K in keyof T]: Awaited<T[K]> };
export type TrustRows = RowsOf<ReturnType<typeof selectTrust>>;

/** The report; not found where there is no such agent. */
export async function toTrust(
  { env, now }: Pick<Basics, "env" | "now">,
  agentId: string,
  [[agent], version, fresh, evidence, history, [attestation], [keyHistory], [checkpoint]]: TrustRows,
): Promise<TrustView> {
  if (agent === undefined) throw problem("not_found", "no such public agent");
  const score = await currentScore({ agentId, now }, [version, fresh, evidence]);
  if (score === undefined) throw new Error("an agent without a version");
  return toTrustReport({
    agent,
    score: score.document,
    history,
    attestation: await showPublicly(attestation, keyHistory, now),
    checkpoint,
    statusList: statusListUrl(env, agent.organizationId),
    origin: env.publicOrigin,
    deployment: env.deployment,
    now,
  });
}
