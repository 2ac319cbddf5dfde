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
  const { agentId, kind, digest } = row;
  const data = { attestationId: id, agentId, kind, digest, revokedAt: now.toISOString() };
  const announces = [{ type: "attestation.revoked", data }] as const;
  await tenant.write({ action: "attestation.revoked", resource: id, change: { digest, reason }, answer: view, announces }, (db) => [
    updateRevoked(db, row, now, reason),
  ]);
  return view;
}
