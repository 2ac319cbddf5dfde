import type { z } from "@hono/zod-openapi";
import { askGate } from "../../access/admit.ts";
import { selectKey } from "../../access/key-queries.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { keyState, requireOwnOrWhole, rotationDeadline, toApiKey, toldOfKey } from "./key.ts";
import { mintWithin } from "./mint.ts";
import type { IssuedKey } from "./schemas.ts";
import { insertKey, updateExpiry } from "./store.ts";

/** A new key with the old one's rights; the old one dies after the overlap, in the gate first and in the database second. */
export async function rotateKey(
  context: WriteContext<"key.rotated">,
  keyId: string,
  overlapSeconds: number,
): Promise<z.input<typeof IssuedKey>> {
  const { tenant, env, now, principal } = context;
  requireOwnOrWhole(principal, keyId);
  const [[target]] = await tenant.read((db) => [selectKey(db, keyId)]);
  if (target === undefined) throw problem("not_found", "no such key");
  if (keyState(target, now) !== "active") throw problem("state_conflict", "the key is expired or revoked");
  const { name, scopes, cidrs, agentId, expiresAt } = target;
  const { row, key } = await mintWithin(context, { name, scopes, cidrs, agentId, expiresAt, replacesId: keyId });
  const deadline = rotationDeadline(target, overlapSeconds, now);
  const view = toApiKey(row, now, undefined);
  await askGate(env, tenant.orgId, async (gate) => gate.restrictKey(tenant.orgId, { keyId, kind: "rotated", diesAt: deadline.getTime() }));
  await tenant.write(
    {
      action: "key.rotated",
      resource: keyId,
      change: { replacement: view, oldExpiresAt: deadline.toISOString() },
      answer: { ...view, key: null },
      announces: [{ type: "key.rotated", data: { ...toldOfKey(view), keyId, replacementId: row.id, diesAt: deadline.toISOString() } }],
    },
    (db) => [insertKey(db, row), updateExpiry(db, keyId, deadline)],
  );
  return { ...view, key };
}
