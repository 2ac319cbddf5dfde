import { currentTime } from "../../platform/clock.ts";
import type { ChainHead } from "./receipt.ts";

/**
 * A chain as this isolate knows it: until when one of its requests has the turn to write, and what was written last. Plain data, for no request
 * can wait for another one's promise. It is a courtesy that saves lost writes: that a chain has no fork is the database's to say.
 */
type Line = { takenUntil: number; last: ChainHead | undefined };

/** What has had the turn for longer has most likely ended without a word: its caller went away. */
const leaseMs = 3_000;
/** Who found the turn taken looks again after a random time below this, doubled seven times at most: many look no more often than few. */
const lookMs = 4;
const maxLines = 256;

const lines = new Map<string, Line>();

/**
 * Writes to a chain when no other request of this isolate does so: at once, where that is so now, and without another round trip in
 * any case. `write` is given what the others wrote last, undefined where that is not known.
 */
export async function takeTurn<T>(chain: string, write: (last: ChainHead | undefined) => Promise<Written<T>>): Promise<T> {
  const line = lineOf(chain);
  for (let look = 0; line.takenUntil > currentTime().getTime(); look += 1) await pause(lookMs * 2 ** Math.min(look, 7));
  const until = currentTime().getTime() + leaseMs;
  line.takenUntil = until;
  try {
    const { answer, head } = await write(line.last);
    if (head.number > (line.last?.number ?? 0)) line.last = head;
    return answer;
  } finally {
    if (line.takenUntil === until) line.takenUntil = 0;
  }
}

/** What a write to a chain comes to: what it is for, and the receipt that is the last one now. */
export type Written<T> = { readonly answer: T; readonly head: ChainHead };

/** The oldest one is forgotten: it costs a lost write at most. */
function lineOf(chain: string): Line {
  const line = lines.get(chain) ?? { takenUntil: 0, last: undefined };
  lines.delete(chain);
  lines.set(chain, line);
  const [oldest] = lines.keys();
  if (lines.size > maxLines && oldest !== undefined) lines.delete(oldest);
  return line;
}

/** A random time below so many milliseconds. */
export function pause(ms: number): Promise<void> {
  const [chance = 0] = crypto.getRandomValues(new Uint16Array(1));
  return new Promise((resolve) => void setTimeout(resolve, (chance / 65_536) * ms));
}
