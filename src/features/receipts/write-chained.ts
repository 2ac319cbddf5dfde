import { z } from "zod";
import { ChainMoved } from "../../db/database-fault.ts";
import { problem } from "../../http/problem.ts";
import { isScoreRace } from "../scores/index.ts";
import type { ReceiptGround } from "./issue-receipt.ts";
import { toolCall, type ChainHead } from "./receipt.ts";
import { pause, takeTurn, type Written } from "./take-turn.ts";

type Head = ReceiptGround["head"];

/** What app.follow_chain (migrations/) says where a receipt came too late: the last one, and the actions of those in between. */
const Moved = z.object({ number: z.int().min(1), digest: z.string(), between: z.array(z.string()).min(1) });

/** So many others may come first, one after the other: far more than there are isolates that write to one chain. */
const maxWrites = 256;
/** So often is all of it read again. */
const maxAttempts = 64;
/** Who reads again does so after a random time below this, doubled five times at most. */
const pauseMs = 4;

/**
 * Signs and writes the next receipt of a chain behind `head`, one request of an isolate after the other. Where others came first all the same,
 * the database names the last one, and `write` is asked again with that head: one round trip for each, and no read. `mayFollow` says whether
 * what was read still holds behind receipts of these actions; where it does not, the `ChainMoved` is thrown on. 503 where others always came
 * first.
 */
export function writeChained<T>(
  head: Head,
  write: (head: Head) => Promise<Written<T>>,
  mayFollow?: (between: readonly string[]) => boolean,
): Promise<T> {
  return takeTurn(head?.agentId ?? "", (known) => {
    // What came between is the database's to say, where it matters.
    const isNewer = mayFollow === undefined && known !== undefined && known.number > (head?.number ?? 0);
    return writeBehind(isNewer ? behind(head, known) : head, write, mayFollow);
  });
}

const behind = (head: Head, { number, digest }: ChainHead): Head => head && { ...head, number, digest };

async function writeBehind<T>(
  head: Head,
  write: (head: Head) => Promise<Written<T>>,
  mayFollow: (between: readonly string[]) => boolean = () => true,
): Promise<Written<T>> {
  let last = head;
  for (let attempt = 0; attempt < maxWrites; attempt += 1) {
    try {
      return await write(last);
    } catch (thrown) {
      const moved = thrown instanceof ChainMoved ? readMoved(thrown.detail) : undefined;
      if (moved === undefined || !mayFollow(moved.between)) throw thrown;
      // At once: a head that is slept over is an old one, and whoever waits would always come too late.
      last = behind(last, moved);
    }
  }
  throw tooMany(maxWrites);
}

/** Nothing that a score is made of: a receipt that brings evidence is behind these what it was before them. */
export const bringNoEvidence = (between: readonly string[]): boolean => between.every((action) => action === toolCall);

/** Reads and writes again what could not follow the receipts that came first, or stands on a score that is no longer the last. */
export async function retryChained<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    try {
      return await work();
    } catch (thrown) {
      if (!(thrown instanceof ChainMoved) && !isScoreRace(thrown)) throw thrown;
      await pauseAfter(attempt);
    }
  }
  throw tooMany(maxAttempts);
}

const tooMany = (times: number) => problem("unavailable", `other receipts of the agent came first ${times} times`);

const pauseAfter = (attempt: number): Promise<void> => pause(pauseMs * 2 ** Math.min(attempt, 5));

/** Undefined where it is what PostgreSQL itself says of a key that is taken. */
function readMoved(detail: string): z.output<typeof Moved> | undefined {
  try {
    return Moved.parse(JSON.parse(detail));
  } catch {
    return undefined;
  }
}
