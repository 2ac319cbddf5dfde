import { requireWholeOrganization } from "../../access/principal.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { groundOf, requireGround, selectBasis, toGrant, updateGrant, type GrantView } from "../grants/index.ts";

/** Takes a grant out of production, from the next invocation on. One that is under way ends as it would have. */
export async function demoteGrant(context: WriteContext<"grant.demoted">, grantId: string): Promise<GrantView> {
  const { tenant, principal, now } = context;
  requireWholeOrganization(principal);
  const [[found]] = await tenant.read((db) => [selectBasis(db, grantId)]);
  const row = requireGround(principal, found);
  const { agentId, capabilityId, policyId, promotedFor, status } = row.grant;
  if (status === "revoked") throw problem("state_conflict", "the grant is revoked");
  if (promotedFor === null) throw problem("state_conflict", "the grant was never promoted, or is demoted already");
  const changes = { promotedFor: null, promotedBasis: null, promotedAt: null, updatedAt: now };
  const demoted = { ...row, grant: { ...row.grant, ...changes } };
  const view = toGrant(demoted, await groundOf(demoted), now);
  const announces = [{ type: "grant.demoted", data: { grantId, agentId, capabilityId, policyId } }] as const;
  await tenant.write({ action: "grant.demoted", resource: grantId, change: { basis: promotedFor }, answer: view, announces }, (db) => [
    updateGrant(db, row.grant, changes),
  ]);
  return view;
}
