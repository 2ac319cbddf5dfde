import { and, eq, gte, isNull, or } from "drizzle-orm";
import { apiKeys } from "../../db/schema/api-keys.ts";
import type { ScopedDb } from "../../db/tenant-db.ts";
import { keyset, type Page } from "../../http/pagination.ts";
import type { KeyRow } from "./key.ts";

export function selectKeys({ orm, orgId }: ScopedDb, page: Page) {
  const { where, orderBy, limit } = keyset(page, apiKeys.createdAt, apiKeys.id);
  return orm
    .select()
    .from(apiKeys)
    .where(and(eq(apiKeys.orgId, orgId), where))
    .orderBy(...orderBy)
    .limit(limit);
}

export const insertKey = ({ orm, orgId }: ScopedDb, row: Omit<KeyRow, "orgId">) => orm.insert(apiKeys).values({ ...row, orgId });

/** Matches only where the key would not live longer by it: of two rotations at once, one loses. */
export const updateExpiry = ({ orm, orgId }: ScopedDb, keyId: string, expiresAt: Date) =>
  orm
    .update(apiKeys)
    .set({ expiresAt })
    .where(
      and(
        eq(apiKeys.orgId, orgId),
        eq(apiKeys.id, keyId),
        isNull(apiKeys.revokedAt),
        or(isNull(apiKeys.expiresAt), gte(apiKeys.expiresAt, expiresAt)),
      ),
    );
