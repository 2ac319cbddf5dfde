import { askGate } from "../../access/admit.ts";
import { selectKey } from "../../access/key-queries.ts";
import { requireWholeOrganization } from "../../access/principal.ts";
import type { ReadContext } from "../../http/operation.ts";
import { toPage, type Page } from "../../http/pagination.ts";
import { problem } from "../../http/problem.ts";
import { requireOwnOrWhole, toApiKey } from "./key.ts";
import type { ApiKeyView } from "./schemas.ts";
import { selectKeys } from "./store.ts";

/** Last use is known to the gate alone. */
const lastUsedOf = async ({ env, tenant }: ReadContext, keyId?: string): Promise<Record<string, number>> =>
  askGate(env, tenant.orgId, async (gate) => gate.lastUsed(keyId));

export async function listKeys(context: ReadContext, page: Page): Promise<{ items: ApiKeyView[]; nextCursor: string | null }> {
  requireWholeOrganization(context.principal);
  const [[rows], used] = await Promise.all([context.tenant.read((db) => [selectKeys(db, page)]), lastUsedOf(context)]);
  return toPage(
    rows,
    page,
    (row) => ({ at: row.createdAt, id: row.id }),
    (row) => toApiKey(row, context.now, used[row.id]),
  );
}

export async function getKey(context: ReadContext, keyId: string): Promise<ApiKeyView> {
  requireOwnOrWhole(context.principal, keyId);
  const [[[row]], used] = await Promise.all([context.tenant.read((db) => [selectKey(db, keyId)]), lastUsedOf(context, keyId)]);
  if (row === undefined) throw problem("not_found", "no such key");
  return toApiKey(row, context.now, used[keyId]);
}
