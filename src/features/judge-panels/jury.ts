import type { SealedBox } from "../../crypto/sealed-box.ts";
import { askJudge, judgeLimits, type AskedJudge, type Bench } from "./ask-judge.ts";
import { countVotes, type JudgeVote, type JuryFinding } from "./jury-finding.ts";
import type { NewPanelRow } from "./panel.ts";
import { digestPrompt, type Question } from "./prompt.ts";
import { openJudgeKey } from "./seal-keys.ts";

export type Jury = {
  readonly panelDigest: string;
  readonly calibrationId: string | null;
  readonly judges: readonly AskedJudge[];
  readonly bench: Bench;
};

/** The judges of a panel, ready to be asked. */
export const seatJudges = (panel: Pick<NewPanelRow, "id" | "judges" | "keys">, openBox: () => SealedBox): readonly AskedJudge[] =>
  panel.judges.map((judge) => ({ ...judge, openKey: () => openJudgeKey(openBox, panel, judge.name) }));

/** A count of calls that can be taken until none is left. */
export function callsUpTo(most: number): () => boolean {
  let left = most;
  return () => {
    left -= 1;
    return left >= 0;
  };
}

/** The longest that a vote which is begun in time goes on, beside its turns and look-ups. */
export const longestVoteMs = judgeLimits.calls * judgeLimits.timeoutMs;

/**
 * Has every judge vote on a question, so many `atATime`: one after the other in runs, since a Worker's invocation has six connections at a
 * time, and an agent that waits for one would be measured slow by us.
 */
export async function pollJury(
  { panelDigest, calibrationId, judges, bench }: Jury,
  question: Question,
  deadlineMs: number,
  atATime: number = 1,
): Promise<JuryFinding> {
  const votes: JudgeVote[] = [];
  const waiting = [...judges.entries()];
  const take = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [seat, judge] = next;
      votes[seat] = await askJudge(bench, judge, question, deadlineMs);
    }
  };
  await Promise.all(Array.from({ length: atATime }, take));
  return { panelDigest, promptDigest: await digestPrompt(), calibrationId, votes, ...countVotes(votes) };
}
