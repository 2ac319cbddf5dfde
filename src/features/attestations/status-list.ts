import { signerBy, type SignedHistory } from "../../access/current-signer.ts";
import { sha256Digest } from "../../crypto/digest.ts";
import { signStatusList } from "../../crypto/statement/status-list.ts";
import type { Environment } from "../../env.ts";

export type RevokedRow = { readonly id: string; readonly revokedAt: Date | null; readonly revokedReason: string | null };

/** Where anyone can read an organization's revocation list. */
export const statusListUrl = ({ publicOrigin }: Environment, orgId: string): string =>
  `${publicOrigin}/v1/organizations/${orgId}/status-list`;

/** The organization's revocation list as of now, signed: only where a key may sign, so that the list cannot outlive its key. */
export async function statusListOf(
  env: Environment,
  orgId: string,
  history: SignedHistory,
  revoked: readonly RevokedRow[],
  now: Date,
): Promise<string> {
  const signer = await signerBy(history, env, "statement", now);
  return signStatusList(signer, {
    issuer: env.publicOrigin,
    organization: orgId,
    issuedAt: now.toISOString(),
    keyHistory: await sha256Digest(history.signed),
    revoked: revoked.flatMap(({ id, revokedAt, revokedReason }) =>
      revokedAt === null ? [] : [{ id, at: revokedAt.toISOString(), reason: revokedReason ?? "" }],
    ),
  });
}
