import { askGate } from "../../access/admit.ts";
import { selectKey, updateRevokedAt } from "../../access/key-queries.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { requireOwnOrWhole, toApiKey } from "./key.ts";
import type { ApiKeyView } from "./schemas.ts";

/** Ends a key: in the gate first, durably, so that the next request anywhere is refused; then in the database. */
export async function revokeKey({ tenant, env, now, principal }: WriteContext<"key.revoked">, keyId: string): Promise<ApiKeyView> {
  requireOwnOrWhole(principal, keyId);
  const [[row]] = await tenant.read((db) => [selectKey(db, keyId)]);
  if (row === undefined) throw problem("not_found", "no such key");
  if (row.revokedAt !== null) throw problem("state_conflict", "the key is revoked already");
  const lastUsed = await askGate(env, tenant.orgId, async (gate) =>
    gate.restrictKey(tenant.orgId, { keyId, kind: "revoked", diesAt: now.getTime() }),
  );
  const view = toApiKey({ ...row, revokedAt: now }, now, lastUsed);
  const change = { revokedAt: now.toISOString() };
  const announces = [{ type: "key.revoked", data: { keyId, ...change } }] as const;
  await tenant.write({ action: "key.revoked", resource: keyId, change, answer: view, announces }, (db) => [
    updateRevokedAt(db, keyId, now),
  ]);
  return view;
}
