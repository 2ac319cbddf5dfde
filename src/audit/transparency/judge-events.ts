import { equalBytes, type Hash } from "./tree-hash.ts";

/** An event as somebody shows it, with the leaf that was computed from it; `seq` counts from 1. */
export type ShownEvent = { readonly seq: number; readonly leaf: Hash };

export type EventFinding = {
  /**
   * `changed`: not what was logged under its number. `missing`: a number between those shown is not. `truncated`: this number and all
   * after it are not shown. `reordered`: shown behind a later one. `repeated`: shown before. `unlogged`: beyond the checkpoint.
   */
  readonly kind: "changed" | "missing" | "truncated" | "reordered" | "repeated" | "unlogged";
  readonly seq: number;
};

/**
 * Compares events with the leaf hashes of a log, which the caller has checked against a checkpoint's root: what was changed, left out, cut
 * off, moved, doubled or added since. Nothing found means that the events are the log's, from `firstSeq` to its end, in order.
 */
export function judgeEvents(shown: readonly ShownEvent[], leaves: readonly Hash[], firstSeq = 1): EventFinding[] {
  const findings: EventFinding[] = [];
  const seen = new Set<number>();
  let highest = 0;
  for (const { seq, leaf } of shown) {
    const logged = leaves[seq - 1];
    if (logged === undefined) findings.push({ kind: "unlogged", seq });
    else if (seen.has(seq)) findings.push({ kind: "repeated", seq });
    else if (!equalBytes(logged, leaf)) findings.push({ kind: "changed", seq });
    else if (seq < highest) findings.push({ kind: "reordered", seq });
    seen.add(seq);
    if (logged !== undefined) highest = Math.max(highest, seq);
  }
  for (let seq = firstSeq; seq <= leaves.length; seq += 1) {
    if (seq > highest) return [...findings, { kind: "truncated", seq }];
    if (!seen.has(seq)) findings.push({ kind: "missing", seq });
  }
  return findings;
}
