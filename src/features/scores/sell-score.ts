import { enterPublicAgent, readAsPublic } from "../../db/read-as-public.ts";
import type { Basics, Quote } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { currentScore, selectCurrentScore } from "./current-score.ts";
import type { OpenViolation } from "./evidence.ts";
import type { ScoreView } from "./schemas.ts";

/** A public agent's score for whoever pays: what its organization reads, without the runs behind a violation, which are its own business. */
export async function quoteScore(context: Basics, agentId: string): Promise<Quote<ScoreView>> {
  const { now, requestId } = context;
  const rows = await readAsPublic(context, enterPublicAgent(agentId, requestId), (db) => selectCurrentScore(db, agentId, now));
  const [[agent]] = rows;
  if (agent === undefined) throw problem("not_found", "no such public agent");
  const deliver = async (): Promise<ScoreView> => {
    const score = await currentScore({ agentId, now }, rows);
    if (score === undefined) throw new Error("an agent without a version");
    const openCriticalViolations = score.document.openCriticalViolations.map(withoutRun);
    return { agentId, computed: score.computed, ...score.document, openCriticalViolations };
  };
  return { seller: { orgId: agent.ownerOrg, about: agentId }, deliver };
}

function withoutRun(violation: OpenViolation): Omit<OpenViolation, "runId"> {
  const { runId: _, ...shown } = violation;
  return shown;
}
