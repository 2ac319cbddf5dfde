/** Of the messages that a pattern matches, those behind `start` and up to `cursor` were delivered on its account. */
export type Span = { start: number; cursor: number };
export type Subscriptions = Map<string, Span>;

type Matches = (pattern: string, topic: string) => boolean;

/**
 * Whether a message is still to be sent: some pattern has not come to it yet, and none has delivered it. So patterns that overlap, and one
 * that begins further back than others, give each message once.
 */
export function isDue(
  subscriptions: Subscriptions,
  { seq, topic }: { readonly seq: number; readonly topic: string },
  matches: Matches,
): boolean {
  let due = false;
  for (const [pattern, { start, cursor }] of subscriptions) {
    if (!matches(pattern, topic)) continue;
    if (start < seq && seq <= cursor) return false;
    if (cursor < seq) due = true;
  }
  return due;
}

/** Every pattern that had not come so far has now: the message was sent, or was nobody's. */
export function passBy(subscriptions: Subscriptions, seq: number): void {
  for (const span of subscriptions.values()) if (span.cursor < seq) span.cursor = seq;
}

/** How far all patterns have come: replay goes on behind it. Infinity for none. */
export const replayedTo = (subscriptions: Subscriptions): number =>
  [...subscriptions.values()].reduce((least, { cursor }) => Math.min(least, cursor), Infinity);
