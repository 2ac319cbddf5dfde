import { longestAskMs } from "./ask-agent.ts";
import { longestJuryMs } from "./hear-jury.ts";
import { longestPausesMs } from "./persist.ts";
import type { RunStatus } from "./run.ts";

/** What the workflow engine says of a run's instance; `unknown` where it could not be asked. */
export type InstanceState = "alive" | "over" | "missing" | "unknown";

/**
 * The longest that one case may keep a run still: asking, our pauses while recording and finding it, and as much again for judging and
 * for the database. A step of the workflow lasts no longer, so that no agent is slow enough to break off its run.
 */
export const longestCaseMs = 2 * (longestAskMs + 2 * longestPausesMs);
/** The same for a case that judges hear. */
export const longestHeardCaseMs = longestCaseMs + 2 * longestJuryMs;
/** How long a run may wait in the engine's queue before we give it up. */
const longestQueueMs = 24 * 3_600_000;

type StillRun = { readonly status: RunStatus; readonly createdAt: Date; readonly updatedAt: Date; readonly judgePanelId: string | null };

/**
 * What to do with an open run that has not moved for a minute. A queued one whose instance is missing or ended without beginning is
 * launched again; a running one whose instance is over is closed. One that has stood still past its time limit is given up, whatever
 * the engine says of it. Where the engine could not be asked, the run may well be alive.
 */
export function judgeStillness(
  { status, createdAt, updatedAt, judgePanelId }: StillRun,
  instance: InstanceState,
  now: Date,
): "wait" | "launch" | "close" | "give_up" {
  if (status === "queued") {
    if (now.getTime() - createdAt.getTime() > longestQueueMs) return "give_up";
    return mayLive(instance) ? "wait" : "launch";
  }
  if (status !== "running") return "wait";
  if (!mayLive(instance)) return "close";
  const longestMs = judgePanelId === null ? longestCaseMs : longestHeardCaseMs;
  return now.getTime() - updatedAt.getTime() > longestMs ? "give_up" : "wait";
}

export const mayLive = (instance: InstanceState): boolean => instance === "alive" || instance === "unknown";
