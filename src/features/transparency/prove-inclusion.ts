import { auditLeaf, type LeafEvent } from "../../audit/leaf.ts";
import { proveEvent, type EventProof } from "../../audit/log-client.ts";
import { formatTlogProof } from "../../audit/transparency/tlog-proof.ts";
import { canonicalJson } from "../../crypto/canonical-json.ts";
import { toBase64, utf8 } from "../../crypto/encoding.ts";
import type { ReadContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { withWitnesses } from "./read-checkpoint.ts";
import { badField, refuse } from "./refuse.ts";
import type { InclusionProofView } from "./schemas.ts";
import { selectCheckpoint, selectCosignatures, selectEvent } from "./store.ts";

/**
 * Proves an event under the checkpoint of `size`, or under the newest one; where that is older than the event, a new one is signed now.
 * One round trip, and one call to the log, or two.
 */
export async function proveInclusion(
  { env, tenant }: Pick<ReadContext, "env" | "tenant">,
  eventId: string,
  size?: number,
): Promise<{ readonly event: LeafEvent; readonly proof: EventProof }> {
  const [[event], [checkpoint], cosignatures] = await tenant.read((db) => [
    selectEvent(db, eventId),
    selectCheckpoint(db, size),
    selectCosignatures(db, size),
  ]);
  if (event === undefined) throw problem("not_found", "no such event");
  if (size !== undefined && checkpoint === undefined) throw badField("query.size", "No checkpoint has this size.");
  if (size !== undefined && size < event.seq) throw badField("query.size", "The event is newer than this checkpoint.");
  const note = checkpoint === undefined || checkpoint.size < event.seq ? undefined : withWitnesses(checkpoint, cosignatures);
  const answer = await proveEvent(env, event, note);
  if (!answer.ok) throw refuse(answer);
  return { event, proof: answer.proof };
}

export const toInclusionProof = ({ event, proof }: { readonly event: LeafEvent; readonly proof: EventProof }): InclusionProofView => ({
  leaf: { ...auditLeaf(event), v: 1 },
  leafIndex: proof.index,
  treeSize: proof.size,
  leafHash: toBase64(proof.leafHash),
  hashes: proof.hashes.map(toBase64),
  checkpoint: proof.checkpoint,
});

/** The same as a `.tlog-proof` file. Its extra data, which nothing vouches for, is the canonical JSON that the leaf is the hash of. */
export const toTlogProof = ({
  event,
  proof: { index, hashes, checkpoint },
}: {
  readonly event: LeafEvent;
  readonly proof: EventProof;
}): string => formatTlogProof({ index, hashes, checkpoint, extra: utf8(canonicalJson(auditLeaf(event))) });
