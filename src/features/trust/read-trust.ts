import { selectKeyHistory } from "../../access/current-signer.ts";
import { enterPublicAgent, readAsPublic } from "../../db/read-as-public.ts";
import type { Basics } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { selectPublicAttestation, showPublicly, statusListUrl } from "../attestations/index.ts";
import { currentScore, selectCurrentScore, selectScoreHistory } from "../scores/index.ts";
import { selectCheckpoint } from "../transparency/index.ts";
import type { TrustView } from "./schemas.ts";
import { selectPublicAgent } from "./store.ts";
import { toTrustReport } from "./trust-report.ts";

/** Stored scores that a history shows. */
const historyPoints = 30;

/** What may be known of a public agent by anyone, as of now: one round trip. */
export async function readTrust(context: Basics, agentId: string): Promise<TrustView> {
  const { env, now, requestId } = context;
  const [[agent], version, fresh, evidence, history, [attestation], [keyHistory], [checkpoint]] = await readAsPublic(
    context,
    enterPublicAgent(agentId, requestId),
    (db) => [
      selectPublicAgent(db, agentId),
      ...selectCurrentScore(db, agentId, now),
      selectScoreHistory(db, agentId, historyPoints),
      selectPublicAttestation(db, agentId, now),
      selectKeyHistory(db),
      selectCheckpoint(db),
    ],
  );
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
