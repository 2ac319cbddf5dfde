import type { Environment } from "../env.ts";
import { leafHash, type LeafEvent } from "./leaf.ts";
import type { LogHead, LogRefusal } from "./log.durable-object.ts";
import { logOf } from "./poke-log.ts";
import { parseCheckpoint } from "./transparency/checkpoint.ts";
import { verifyInclusion } from "./transparency/merkle.ts";
import { parseNote } from "./transparency/signed-note.ts";
import type { Hash } from "./transparency/tree-hash.ts";

/** That an event stands at a place of the log, under a signed checkpoint. */
export type EventProof = {
  readonly index: number;
  readonly size: number;
  readonly leafHash: Hash;
  readonly hashes: readonly Hash[];
  /** The signed note. */
  readonly checkpoint: string;
};

/** A checkpoint that covers at least `covering` events, integrated and signed now if there is none yet. One hop, no round trip of the caller's. */
export const latestCheckpoint = (env: Environment, orgId: string, covering = 0): Promise<LogHead | LogRefusal> =>
  logOf(env, orgId).head(orgId, covering);

/**
 * Proves an event under `checkpoint`, a signed note of its log, or under the newest one, integrating and signing first where the event is
 * newer. The proof was verified when this answers: where it does not hold, the log looks for itself and stops.
 */
export async function proveEvent(
  env: Environment,
  event: LeafEvent,
  checkpoint?: string,
): Promise<{ readonly ok: true; readonly proof: EventProof } | LogRefusal> {
  const log = logOf(env, event.orgId);
  const index = event.seq - 1;
  const note = checkpoint ?? (await latestNote(env, event));
  if (typeof note !== "string") return note;
  const { size, root } = parseCheckpoint(parseNote(note)?.text ?? "") ?? { size: 0, root: undefined };
  const answer = await log.inclusionProof(event.orgId, index, size);
  if (!answer.ok) return answer;
  const leaf = leafHash(event);
  if (root !== undefined && verifyInclusion(leaf, index, size, answer.hashes, root))
    return { ok: true, proof: { index, size, leafHash: leaf, hashes: answer.hashes, checkpoint: note } };
  const stop = await log.doubt(event.orgId, event.seq);
  if (stop !== undefined) return { ok: false, reason: "stopped", stop };
  throw new Error("the log's proof of an event does not hold, and the log finds nothing wrong");
}

/** The proofs of many events of one log under one checkpoint of it, in one hop, each verified. */
export async function proveEvents(
  env: Environment,
  orgId: string,
  events: readonly LeafEvent[],
  checkpoint: string,
): Promise<{ readonly ok: true; readonly proofs: readonly (readonly Hash[])[] } | LogRefusal> {
  const { size, root } = parseCheckpoint(parseNote(checkpoint)?.text ?? "") ?? { size: 0, root: undefined };
  const log = logOf(env, orgId);
  const answer = await log.inclusionProofs(
    orgId,
    events.map(({ seq }) => seq - 1),
    size,
  );
  if (!answer.ok) return answer;
  const bad = events.find(
    (event, at) => root === undefined || !verifyInclusion(leafHash(event), event.seq - 1, size, answer.proofs[at] ?? [], root),
  );
  if (bad === undefined) return answer;
  const stop = await log.doubt(orgId, bad.seq);
  if (stop !== undefined) return { ok: false, reason: "stopped", stop };
  throw new Error("the log's proof of an event does not hold, and the log finds nothing wrong");
}

async function latestNote(env: Environment, { orgId, seq }: LeafEvent): Promise<string | LogRefusal> {
  const head = await latestCheckpoint(env, orgId, seq);
  return head.ok ? head.note : head;
}

/** Leaf hashes of the stored tiles, from index `from` up to `to`, at most 65,536: 32 bytes each; undefined where there are not so many. */
export const readLeafHashes = (env: Environment, orgId: string, from: number, to: number): Promise<Uint8Array | undefined> =>
  logOf(env, orgId).leafHashes(orgId, from, to);
