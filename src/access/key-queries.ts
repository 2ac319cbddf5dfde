import { and, eq, isNull } from "drizzle-orm";
import { apiKeys } from "../db/schema/api-keys.ts";
import type { ScopedDb } from "../db/tenant-db.ts";

export const selectKey = ({ orm, orgId }: ScopedDb, keyId: string) =>
  orm
    .select()
    .from(apiKeys)
    .where(and(eq(apiKeys.orgId, orgId), eq(apiKeys.id, keyId)));

/** Matches only a key that is not revoked yet. */
export const updateRevokedAt = ({ orm, orgId }: ScopedDb, keyId: string, revokedAt: Date) =>
  orm
    .update(apiKeys)
    .set({ revokedAt })
    .where(and(eq(apiKeys.orgId, orgId), eq(apiKeys.id, keyId), isNull(apiKeys.revokedAt)));
