import { requireAgent } from "../../access/principal.ts";
import { sha256Digest } from "../../crypto/digest.ts";
import { newLinkToken } from "../../crypto/link-token.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { newId } from "../../platform/ids.ts";
import { shareEnd, stateOf } from "./attestation.ts";
import type { ShareView } from "./schemas.ts";
import { insertShare, selectAttestation } from "./store.ts";

/** A link under which anyone may read an attestation until the link expires. The token in it is shown once and kept as a digest. */
export async function shareAttestation(
  { tenant, principal, env, now }: WriteContext<"attestation.shared">,
  attestationId: string,
  lifetimeSeconds: number,
): Promise<ShareView> {
  const [[row]] = await tenant.read((db) => [selectAttestation(db, attestationId)]);
  if (row === undefined) throw problem("not_found", "no such attestation");
  requireAgent(principal, row.agentId);
  if (stateOf(row, now) !== "active") throw problem("state_conflict", `the attestation is ${stateOf(row, now)}`);
  const token = newLinkToken();
  const expiresAt = shareEnd(now, lifetimeSeconds, row);
  const share = { id: newId("share"), attestationId, createdBy: principal.actor, expiresAt, createdAt: now };
  const view: ShareView = { id: share.id, attestationId, url: null, expiresAt: expiresAt.toISOString() };
  const tokenHash = await sha256Digest(token);
  await tenant.write(
    { action: "attestation.shared", resource: attestationId, change: { share: share.id, expiresAt: view.expiresAt }, answer: view },
    (db) => [insertShare(db, { ...share, tokenHash })],
  );
  return { ...view, url: `${env.publicOrigin}/v1/shared-attestations/${token}` };
}
