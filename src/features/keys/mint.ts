import { mintApiKey } from "../../access/api-key.ts";
import { requireMinter } from "../../access/principal.ts";
import { tagKeyOf } from "../../access/tag-key.ts";
import type { Action } from "../../audit/actions.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { checkMint, type KeyRow, type WantedKey } from "./key.ts";

type NewKey = Omit<KeyRow, "orgId">;

/** A new key row and the key itself, within what the caller's own key may give. An access token mints nothing. */
export async function mintWithin<A extends Action>(context: WriteContext<A>, wanted: WantedKey): Promise<{ row: NewKey; key: string }> {
  const { env, environment, tenant, now, principal } = context;
  requireMinter(principal);
  const allowed = checkMint(principal, wanted, now);
  if (!allowed.ok && allowed.reason === "expiry_past") {
    throw problem("invalid_request", "expiry in the past", { errors: [{ path: "body.expiresAt", message: "Must be in the future." }] });
  }
  if (!allowed.ok) throw problem("forbidden", `a key may not mint beyond its own ${allowed.reason}`);
  const { key, keyId, secretHash } = await mintApiKey(await tagKeyOf(env), environment, tenant.orgId);
  return { key, row: { ...wanted, id: keyId, secretHash, createdBy: principal.actor, revokedAt: null, createdAt: now } };
}
