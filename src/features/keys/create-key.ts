import type { WriteContext } from "../../http/operation.ts";
import type { z } from "@hono/zod-openapi";
import { toApiKey, toldOfKey } from "./key.ts";
import { mintWithin } from "./mint.ts";
import type { CreateKeyBody, IssuedKey } from "./schemas.ts";
import { insertKey } from "./store.ts";

/** Mints a key within the caller's own rights. The key is in this answer and nowhere else. */
export async function createKey(
  context: WriteContext<"key.created">,
  body: z.output<typeof CreateKeyBody>,
): Promise<z.input<typeof IssuedKey>> {
  const expiresAt = body.expiresAt === null ? null : new Date(body.expiresAt);
  const { row, key } = await mintWithin(context, { ...body, expiresAt, replacesId: null });
  const view = toApiKey(row, context.now, undefined);
  const announces = [{ type: "key.created", data: toldOfKey(view) }] as const;
  await context.tenant.write({ action: "key.created", resource: row.id, change: view, answer: { ...view, key: null }, announces }, (db) => [
    insertKey(db, row),
  ]);
  return { ...view, key };
}
