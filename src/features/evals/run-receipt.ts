import { jsonDigest } from "../../crypto/digest.ts";
import type { ReceiptFacts } from "../receipts/index.ts";
import type { RunView } from "./schemas.ts";

/** What a run's receipt says: of the run, by its ending. What came of it is the run as it is read from then on. */
export async function factsOfRun(run: RunView): Promise<ReceiptFacts> {
  const { id, agentId, agentVersionDigest, suiteDigest, pactId, pactDigest, mode, status, startedAt } = run;
  return {
    action: { name: "eval.run", digest: await jsonDigest({ runId: id, agentId, agentVersionDigest, suiteDigest, pactDigest, mode }) },
    about: id,
    mode,
    policy: pactId === null || pactDigest === null ? null : { id: pactId, digest: pactDigest, decision: "undecided" },
    approval: null,
    ...endingOf(status, mode, startedAt),
    outcome: await jsonDigest(run),
    intent: null,
  };
}

/** We put the cases to the agent ourselves, so of a run that was completed the effect is confirmed; of a simulation nothing ever is. */
function endingOf(
  status: RunView["status"],
  mode: RunView["mode"],
  startedAt: string | null,
): Pick<ReceiptFacts, "disposition" | "effect"> {
  if (startedAt === null) return { disposition: "blocked", effect: null };
  if (status !== "completed") return { disposition: "errored", effect: "attempted" };
  return { disposition: "executed", effect: mode === "production" ? "confirmed" : "attempted" };
}
