/**
 * An exact limit over any rolling window: a ring of the last `limit` accept times, O(1) amortized a request.
 * A request is accepted when fewer than `limit` were accepted in the `windowMs` before it.
 */
export type RollingLimit = {
  readonly limit: number;
  readonly windowMs: number;
  readonly times: Float64Array;
  /** Where the oldest accept that may still be in the window stands, and how many follow it. */
  oldest: number;
  inWindow: number;
};

export type LimitAnswer = {
  readonly accepted: boolean;
  readonly limit: number;
  /** How many more would be accepted now. */
  readonly remaining: number;
  /** Milliseconds until the window has room for one more than now. */
  readonly resetMs: number;
};

/** A limit with a past: times (ms) of earlier accepts, oldest first; more than `limit` of them count as the newest ones. */
export function newRollingLimit(limit: number, windowMs: number, accepted: readonly number[] = []): RollingLimit {
  const kept = accepted.slice(-limit);
  const times = new Float64Array(limit);
  times.set(kept);
  return { limit, windowMs, times, oldest: 0, inWindow: kept.length };
}

/** The accept times still held, oldest first. */
export const acceptTimes = (ring: RollingLimit): number[] =>
  Array.from({ length: ring.inWindow }, (_, at) => ring.times[(ring.oldest + at) % ring.limit] ?? 0);

/** Asks for one request at `nowMs`, which must not run backwards. Changes the ring where it is accepted. */
export function askLimit(ring: RollingLimit, nowMs: number): LimitAnswer {
  while (ring.inWindow > 0 && (ring.times[ring.oldest] ?? 0) <= nowMs - ring.windowMs) {
    ring.oldest = (ring.oldest + 1) % ring.limit;
    ring.inWindow -= 1;
  }
  const accepted = ring.inWindow < ring.limit;
  if (accepted) {
    ring.times[(ring.oldest + ring.inWindow) % ring.limit] = nowMs;
    ring.inWindow += 1;
  }
  return {
    accepted,
    limit: ring.limit,
    remaining: ring.limit - ring.inWindow,
    resetMs: (ring.times[ring.oldest] ?? nowMs) + ring.windowMs - nowMs,
  };
}

/**
 * Accept times to assume after a restart, from the blocks that were written before their first accept. The accepts of a block came
 * before the next block's write, so counting all of it then (the last one: now) may refuse early, and never admits too much.
 */
export function restoreAcceptTimes(blocks: readonly { readonly at: number; readonly size: number }[], nowMs: number): number[] {
  return blocks.flatMap(({ size }, index) => Array.from({ length: size }, () => blocks[index + 1]?.at ?? nowMs));
}
