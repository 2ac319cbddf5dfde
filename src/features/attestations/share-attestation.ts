import { requireAgent } from "../../access/principal.ts";
import { sha256Digest } from "../../crypto/digest.ts";
import { newLinkToken } from "../../crypto/link-token.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { newId } from "../../platform/ids.ts";
import { shareEnd, stateOf } from "./attestation.ts";
import { judgeClaim } from "./claim-policy.ts";
import { issuedClaim } from "./issued-claim.ts";
import type { ShareView } from "./schemas.ts";
import { insertShare, selectAttestation, selectClaimPolicy } from "./store.ts";

/**
 * A link under which anyone may read an attestation until the link expires. The token in it is shown once and kept as a digest. A link
 * discloses anew: the policy of now must allow the claim, and where a credential bound to the agent makes it, allow it to the agent.
 */
export async function shareAttestation(
  { tenant, principal, env, now }: WriteContext<"attestation.shared">,
  attestationId: string,
  lifetimeSeconds: number,
): Promise<ShareView> {
  const [[row], [policy]] = await tenant.read((db) => [selectAttestation(db, attestationId), selectClaimPolicy(db)]);
  if (row === undefined) throw problem("not_found", "no such attestation");
  requireAgent(principal, row.agentId);
  if (stateOf(row, now) !== "active") throw problem("state_conflict", `the attestation is ${stateOf(row, now)}`);
  const claim = issuedClaim(row);
  const requester = principal.agentId === null ? claim.requester : "agent";
  const verdict = judgeClaim(policy?.policy ?? null, { ...claim, requester });
  if (!verdict.ok) throw problem("claim_not_allowed", verdict.reason);
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
