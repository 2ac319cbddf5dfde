import { judgeEvents, type EventFinding } from "../audit/transparency/judge-events.ts";
import { rootOfLeaves } from "../audit/transparency/merkle.ts";
import { equalBytes, type Hash } from "../audit/transparency/tree-hash.ts";
import type { Leaf } from "../crypto/statement/bundle.ts";
import { checkCheckpoint, hashOfLeaf, type CheckedCheckpoint } from "./check-log.ts";
import { summarize } from "./summarize.ts";
import type { Pins, TrustedKeys } from "./trust.ts";
import { finding, type Finding } from "./verdicts.ts";

export type EventsFile = {
  /** In the order of the file. */
  readonly events: readonly Leaf[];
  readonly checkpoint: string;
  /** The log's leaf hashes, with which a single changed event can be named. */
  readonly leaves: readonly Hash[] | null;
};

/** Checks a checkpoint by itself: which log, how long, signed by whom. */
export async function checkCheckpointFile(
  note: string,
  trusted: TrustedKeys,
  pins: Pins,
): Promise<{ finding: Finding; checked: CheckedCheckpoint | null }> {
  const hosts = (trusted.history?.issuers ?? []).filter((issuer) => URL.canParse(issuer)).map((issuer) => new URL(issuer).host);
  const result = await checkCheckpoint(note, null, trusted, pins);
  if (!result.ok) return { finding: finding("log", result.verdict, result.detail), checked: null };
  const { checkpoint, witnessedAt } = result.checked;
  if (!hosts.some((host) => checkpoint.origin.startsWith(`${host}/log/`)))
    return { finding: finding("log", "checkpoint_of_other_log", checkpoint.origin), checked: null };
  const detail = `${checkpoint.size} events of ${checkpoint.origin}, co-signed by ${witnessedAt.length} of your witnesses`;
  return { finding: finding("log", "checkpoint_valid", detail), checked: result.checked };
}

/** Checks that a file holds all the events of a log up to its checkpoint, unchanged and in order, and says what is not so. */
export async function checkEvents({ events, checkpoint: note, leaves }: EventsFile, trusted: TrustedKeys, pins: Pins): Promise<Finding[]> {
  const log = await checkCheckpointFile(note, trusted, pins);
  if (log.checked === null) return [log.finding];
  const { origin, size, root } = log.checked.checkpoint;
  const foreign = events.filter(({ orgId }) => !origin.endsWith(`/log/${orgId}`));
  const [first] = foreign;
  if (first !== undefined && foreign.length === events.length)
    return [finding("log", "checkpoint_of_other_log", `${origin}, where the events are of ${first.orgId}`)];
  if (first !== undefined) return [log.finding, finding("events", "event_of_another", `${first.id} is of ${first.orgId}`)];
  const shown = events.map((leaf) => ({ seq: leaf.seq, leaf: hashOfLeaf(leaf) }));
  const known = leaves?.length === size && equalBytes(rootOfLeaves(leaves), root) ? leaves : null;
  const spoilt = leaves !== null && known === null ? [finding("events", "changed", "the leaf hashes are not the checkpoint's")] : [];
  const found = known === null ? judgeNumbers(shown, size) : judgeEvents(shown, known);
  if (found.length > 0) return [log.finding, ...spoilt, ...summarize("events", "event", found)];
  if (!equalBytes(rootOfLeaves(shown.map(({ leaf }) => leaf)), root))
    return [log.finding, finding("events", "changed", "all are there and in order, but not as they were logged")];
  return [
    log.finding,
    ...spoilt,
    finding("events", "complete", `all ${size} events, from ${events[0]?.at ?? "-"} to ${events.at(-1)?.at ?? "-"}`),
  ];
}

/** A forged checkpoint may claim any size: past so many gaps no more are looked for. */
const maxGaps = 10_000;

/** What the numbers alone say, where there are no leaf hashes to compare with. */
function judgeNumbers(shown: readonly { readonly seq: number }[], size: number): EventFinding[] {
  const findings: EventFinding[] = [];
  const seen = new Set<number>();
  let highest = 0;
  for (const { seq } of shown) {
    if (seq > size) findings.push({ kind: "unlogged", seq });
    else if (seen.has(seq)) findings.push({ kind: "repeated", seq });
    else if (seq < highest) findings.push({ kind: "reordered", seq });
    seen.add(seq);
    if (seq <= size) highest = Math.max(highest, seq);
  }
  for (let seq = 1; seq <= size; seq += 1) {
    if (seq > highest) return [...findings, { kind: "truncated", seq }];
    if (!seen.has(seq)) findings.push({ kind: "missing", seq });
    if (findings.length > maxGaps) return findings;
  }
  return findings;
}
