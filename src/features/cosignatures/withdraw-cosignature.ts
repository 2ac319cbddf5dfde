import { requireWholeOrganization } from "../../access/principal.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { noteLater } from "./note-offers.ts";
import { requireCosignature } from "./require.ts";
import type { CosignatureView } from "./schemas.ts";
import { selectCosignature, updateWithdrawn } from "./store.ts";
import { toCosignature } from "./view.ts";

/** Takes a co-signature back: the row stays, marked, and stands on the public revocation list from the next reading on. */
export async function withdrawCosignature(
  context: WriteContext<"cosignature.withdrawn">,
  id: string,
  reason: string,
): Promise<CosignatureView> {
  const { tenant, principal, now } = context;
  requireWholeOrganization(principal);
  const [[found]] = await tenant.read((db) => [selectCosignature(db, id)]);
  const { cosignature, pactState } = requireCosignature(found);
  if (cosignature.withdrawnAt !== null) throw problem("state_conflict", "the co-signature is withdrawn");
  const view = toCosignature({ cosignature: { ...cosignature, withdrawnAt: now, withdrawnReason: reason }, pactState });
  const change = { digest: cosignature.digest, reason };
  await tenant.write({ action: "cosignature.withdrawn", resource: id, change, answer: view }, (db) => [
    updateWithdrawn(db, cosignature, now, reason),
  ]);
  noteLater(context, { orgId: cosignature.promisorOrgId, offerId: cosignature.offerId });
  return view;
}
