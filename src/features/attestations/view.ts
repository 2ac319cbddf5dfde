import { stateOf } from "./attestation.ts";
import type { AttestationView } from "./schemas.ts";
import type { NewAttestation } from "./store.ts";

export const toAttestation = (row: NewAttestation, now: Date): AttestationView => ({
  id: row.id,
  agentId: row.agentId,
  kind: row.kind,
  about: row.about,
  state: stateOf(row, now),
  statement: row.statement,
  digest: row.digest,
  kid: row.kid,
  requestedBy: row.requestedBy,
  issuedAt: row.issuedAt.toISOString(),
  expiresAt: row.expiresAt.toISOString(),
  revokedAt: row.revokedAt?.toISOString() ?? null,
  revokedReason: row.revokedReason,
});
