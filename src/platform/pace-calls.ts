const windowMs = 60_000;
/** The longest that a caller waits, where no more wait at a time than `perMinute`. A millisecond more: both ends of a window count. */
export const longestTurnMs = windowMs + 1;

/**
 * Spaces calls so that no 60 s hold more than `perMinute` of them: each caller waits for its turn, first come, first served.
 * `wait` sleeps for so many milliseconds.
 */
export function paceCalls(perMinute: number, nowMs: () => number, wait: (ms: number) => Promise<unknown>): () => Promise<void> {
  const turns: number[] = [];
  return async () => {
    const now = nowMs();
    const oldest = turns.length < perMinute ? undefined : turns.shift();
    const turn = oldest === undefined ? now : Math.max(now, oldest + longestTurnMs);
    turns.push(turn);
    if (turn > now) await wait(turn - now);
  };
}
