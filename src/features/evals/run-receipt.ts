import { jsonDigest } from "../../crypto/digest.ts";
import type { ReceiptFacts } from "../receipts/index.ts";
import type { RunView } from "./schemas.ts";

/** What a run's receipt says: of the run, by its ending. What came of it is the run as it is read from then on. */
export async function factsOfRun(run: RunView): Promise<ReceiptFacts> {
  const { id, agentId, agentVersionDigest, suiteDigest, pactId, pactDigest, mode } = run;
  return {
    action: { name: "eval.run", digest: await jsonDigest({ runId: id, agentId, agentVersionDigest, suiteDigest, pactDigest, mode }) },
    about: id,
    mode,
    policy: pactId === null || pactDigest === null ? null : { id: pactId, digest: pactDigest, decision: "undecided" },
    approval: null,
    ...endingOf(run),
    outcome: await jsonDigest(run),
    intent: null,
  };
}

/**
 * We put the cases to the agent ourselves, so of a run that was completed the effect is confirmed; of a simulation nothing ever is.
 * One that its owner cancelled, or that broke off part way, was executed as far as it came: `attempted`, and its outcome says how far.
 */
function endingOf({ status, mode, startedAt, reasonCodes }: RunView): Pick<ReceiptFacts, "disposition" | "effect"> {
  if (startedAt === null) return { disposition: "blocked", effect: null };
  if (reasonCodes.includes("timed_out")) return { disposition: "timed_out", effect: "attempted" };
  if (status === "errored") return { disposition: "errored", effect: "attempted" };
  return { disposition: "executed", effect: status === "completed" && mode === "production" ? "confirmed" : "attempted" };
}
