import { leafHash, type LeafEvent } from "./leaf.ts";
import type { LogFault } from "./log-fault.ts";
import { equalBytes, type Hash } from "./transparency/tree-hash.ts";

/** What one read of the database, at one instant, says of an organization's events. */
export type LogPage = {
  /** How many events were ever numbered. */
  readonly head: number;
  /** Events behind the log's last one, by sequence. */
  readonly fresh: readonly LeafEvent[];
  /** Events that the log has, read again. */
  readonly again: readonly LeafEvent[];
  /** The newest checkpoint that was published. */
  readonly published: { readonly size: number; readonly root: Hash } | undefined;
};

/** The log as its object has it. `recheck` are the sequence numbers that `again` was asked for. */
export type LogState = {
  readonly size: number;
  readonly recheck: readonly number[];
  readonly leafAt: (index: number) => Hash;
  readonly rootAt: (size: number) => Hash;
};

export type PageVerdict = { readonly ok: true; readonly leaves: readonly Hash[] } | ({ readonly ok: false } & LogFault);

/** Whether the page goes on where the log ends, and agrees with what was logged and signed. Whatever does not, stops the log. */
export function judgePage({ head, fresh, again, published }: LogPage, { size, recheck, leafAt, rootAt }: LogState): PageVerdict {
  const stop = (reason: LogFault["reason"], seq: number): PageVerdict => ({ ok: false, reason, seq });
  if (head < size) return stop("head_behind", head + 1);
  if (published !== undefined && published.size > head) return stop("head_behind", head + 1);
  if (published !== undefined && published.size <= size && !equalBytes(rootAt(published.size), published.root))
    return stop("fork", published.size);
  const reread = new Map(again.map((event) => [event.seq, event]));
  for (const seq of recheck) {
    const event = reread.get(seq);
    if (event === undefined) return stop("leaf_missing", seq);
    if (!equalBytes(leafHash(event), leafAt(seq - 1))) return stop("leaf_changed", seq);
  }
  for (const [at, { seq }] of fresh.entries()) if (seq !== size + 1 + at) return stop("gap", size + 1 + at);
  if (size + fresh.length > head) return stop("unnumbered", head + 1);
  if (fresh.length === 0 && head > size) return stop("gap", size + 1);
  // A log that lost its storage comes back to what it had signed, and compares, before it goes on.
  const next = published !== undefined && published.size > size ? fresh.slice(0, published.size - size) : fresh;
  return { ok: true, leaves: next.map(leafHash) };
}
