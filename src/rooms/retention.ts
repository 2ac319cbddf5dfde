/** The newest message that was dropped, or nothing yet: where what is kept begins. `total` is the bytes of all messages up to here. */
export type Mark = { readonly seq: number; readonly digest: string; readonly at: number; readonly total: number };

export type Keep = { readonly messages: number; readonly bytes: number; readonly sinceMs: number };

/**
 * The last number that retention drops, between `floor` (dropped already) and `head`. What is kept is the newest `messages`, of at most
 * `bytes` together, from `sinceMs` on. Times and totals grow with the numbers, so each message is looked at by halving: `markOf` reads one.
 */
export function lastDropped(floor: Mark, head: Mark, keep: Keep, markOf: (seq: number) => Pick<Mark, "at" | "total">): number {
  const tooOld = (seq: number): boolean => {
    const { at, total } = markOf(seq);
    return at < keep.sinceMs || head.total - total >= keep.bytes || head.seq - seq >= keep.messages;
  };
  let dropped = floor.seq;
  let kept = head.seq + 1;
  while (kept - dropped > 1) {
    const middle = Math.floor((dropped + kept) / 2);
    if (tooOld(middle)) dropped = middle;
    else kept = middle;
  }
  return dropped;
}
