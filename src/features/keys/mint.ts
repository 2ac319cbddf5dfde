import { importTagKey, mintApiKey } from "../../access/api-key.ts";
import { requireWholeOrganization } from "../../access/principal.ts";
import type { Action } from "../../audit/actions.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { checkMint, keyState, type KeyRow } from "./key.ts";
import { selectKey } from "./store.ts";

type Context = WriteContext<Action>;

/** The caller's own key, which bounds what it may mint. An access token mints nothing. */
export async function requireMinter(
  { tenant, principal, now }: Pick<Context, "tenant" | "principal" | "now">,
  other?: string,
): Promise<{ minter: KeyRow; target: KeyRow }> {
  if (principal.kind !== "key") throw problem("forbidden", "an access token mints no credential");
  const [[minter], [target]] = await tenant.read((db) => [selectKey(db, principal.keyId), selectKey(db, other ?? principal.keyId)]);
  if (minter === undefined || keyState(minter, now) !== "active") throw problem("unauthenticated", "the caller's key is no longer active");
  if (target === undefined) throw problem("not_found", "no such key");
  if (other !== undefined && other !== principal.keyId) requireWholeOrganization(principal);
  return { minter, target };
}

/** A new key row and the key itself, within what the minter may give. */
export async function mintWithin(
  { env, environment, tenant, now, principal }: Context,
  minter: KeyRow,
  wanted: Pick<KeyRow, "name" | "scopes" | "cidrs" | "agentId" | "expiresAt" | "replacesId">,
): Promise<{ row: Omit<KeyRow, "orgId">; key: string }> {
  const allowed = checkMint(minter, wanted, now);
  if (!allowed.ok && allowed.reason === "expiry_past") {
    throw problem("invalid_request", "expiry in the past", { errors: [{ path: "body.expiresAt", message: "Must be in the future." }] });
  }
  if (!allowed.ok) throw problem("forbidden", `a key may not mint beyond its own ${allowed.reason}`);
  const { key, keyId, secretHash } = await mintApiKey(await importTagKey(env.apiKeyTagSecret), environment, tenant.orgId);
  return { key, row: { ...wanted, id: keyId, secretHash, createdBy: principal.actor, revokedAt: null, createdAt: now } };
}
