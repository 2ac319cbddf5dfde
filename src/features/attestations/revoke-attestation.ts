import { requireAgent } from "../../access/principal.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { whyNotRevocable } from "./attestation.ts";
import type { AttestationView } from "./schemas.ts";
import { selectAttestation, updateRevoked } from "./store.ts";
import { toAttestation } from "./view.ts";

/** Takes an attestation back. It is on the public list from the next reading on; what was signed stays signed. */
export async function revokeAttestation(
  { tenant, principal, now }: WriteContext<"attestation.revoked">,
  id: string,
  reason: string,
): Promise<AttestationView> {
  const [[row]] = await tenant.read((db) => [selectAttestation(db, id)]);
  if (row === undefined) throw problem("not_found", "no such attestation");
  requireAgent(principal, row.agentId);
  const blocker = whyNotRevocable(row, now);
  if (blocker !== null) throw problem("state_conflict", blocker);
  const view = toAttestation({ ...row, revokedAt: now, revokedReason: reason }, now);
  const change = { digest: row.digest, reason };
  await tenant.write({ action: "attestation.revoked", resource: id, change, answer: view }, (db) => [updateRevoked(db, row, now, reason)]);
  return view;
}
