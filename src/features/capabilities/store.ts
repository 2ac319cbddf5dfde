import { and, eq, getTableColumns, max, sql, type SQL } from "drizzle-orm";
import { capabilities, capabilityCredentials, capabilityVersions } from "../../db/schema/capabilities.ts";
import type { EnteredDb, ScopedDb } from "../../db/tenant-db.ts";
import { keyset, type Page } from "../../http/pagination.ts";

export type CapabilityRow = typeof capabilities.$inferSelect;
export type VersionRow = typeof capabilityVersions.$inferSelect;
/** A capability with the version in use. */
export type CurrentCapability = Omit<CapabilityRow, "orgId"> & Pick<VersionRow, "definition" | "digest">;
/** What a call of it needs besides: the sealed credential in use, or null where there is none. */
export type CapabilityGround = CurrentCapability & { readonly sealedCredential: string | null };

const { orgId: _org, ...columns } = getTableColumns(capabilities);
const current = { ...columns, definition: capabilityVersions.definition, digest: capabilityVersions.digest };
/** How a capability is joined with the version of it that is in use. */
export const isVersionInUse = and(
  eq(capabilityVersions.orgId, capabilities.orgId),
  eq(capabilityVersions.capabilityId, capabilities.id),
  eq(capabilityVersions.version, capabilities.version),
);

/** A capability with its version in use; also for an identifier that is read in the same round trip. */
export const selectCapability = ({ orm, orgId }: EnteredDb, capabilityId: string | SQL) =>
  orm
    .select(current)
    .from(capabilities)
    .innerJoin(capabilityVersions, isVersionInUse)
    .where(and(eq(capabilities.orgId, orgId), eq(capabilities.id, capabilityId)));

/** All that calling a capability takes, in one query: itself, its version in use, and its sealed credential. */
export const selectCapabilityGround = ({ orm, orgId }: EnteredDb, capabilityId: string | SQL) =>
  orm
    .select({ ...current, sealedCredential: capabilityCredentials.sealedValue })
    .from(capabilities)
    .innerJoin(capabilityVersions, isVersionInUse)
    .leftJoin(
      capabilityCredentials,
      and(
        eq(capabilityCredentials.orgId, capabilities.orgId),
        eq(capabilityCredentials.capabilityId, capabilities.id),
        eq(capabilityCredentials.version, capabilities.credentialVersion),
      ),
    )
    .where(and(eq(capabilities.orgId, orgId), eq(capabilities.id, capabilityId)));

export type CapabilityFilter = { readonly status?: CapabilityRow["status"] | undefined };

export function selectCapabilities({ orm, orgId }: ScopedDb, page: Page, { status }: CapabilityFilter) {
  const { where, orderBy, limit } = keyset(page, capabilities.createdAt, capabilities.id);
  return orm
    .select(current)
    .from(capabilities)
    .innerJoin(capabilityVersions, isVersionInUse)
    .where(and(eq(capabilities.orgId, orgId), status === undefined ? undefined : eq(capabilities.status, status), where))
    .orderBy(...orderBy)
    .limit(limit);
}

export const insertCapability = ({ orm, orgId }: ScopedDb, row: Omit<CapabilityRow, "orgId">) =>
  orm.insert(capabilities).values({ ...row, orgId });

export const insertVersion = ({ orm, orgId }: ScopedDb, row: Omit<VersionRow, "orgId">) =>
  orm.insert(capabilityVersions).values({ ...row, orgId });

export const insertCredential = ({ orm, orgId }: ScopedDb, row: Omit<typeof capabilityCredentials.$inferInsert, "orgId">) =>
  orm.insert(capabilityCredentials).values({ ...row, orgId });

/** The last version that a credential had; the next one is another, also where none is in use. */
export const selectLastCredential = ({ orm, orgId }: ScopedDb, capabilityId: string) =>
  orm
    .select({ version: max(capabilityCredentials.version) })
    .from(capabilityCredentials)
    .where(and(eq(capabilityCredentials.orgId, orgId), eq(capabilityCredentials.capabilityId, capabilityId)));

/** Matches only while the capability is as it was read. */
export const updateCapability = (
  { orm, orgId }: ScopedDb,
  read: Pick<CapabilityRow, "id" | "revision">,
  changes: Partial<Pick<CapabilityRow, "status" | "version" | "driftedDigest" | "credentialVersion" | "description">> & {
    readonly updatedAt: Date;
  },
) =>
  orm
    .update(capabilities)
    .set({ ...changes, revision: read.revision + 1 })
    .where(and(eq(capabilities.orgId, orgId), eq(capabilities.id, read.id), eq(capabilities.revision, read.revision)));

/**
 * That the tool was seen to be another one than `version` pins. It always matches, so that it can stand in the write that tells of the call:
 * where an operator has pinned again meanwhile it leaves things as they are.
 */
export const updateDrifted = (
  { orm, orgId }: ScopedDb,
  { id, version, digest, at }: { readonly id: string; readonly version: number; readonly digest: string; readonly at: Date },
) =>
  orm
    .update(capabilities)
    .set({
      driftedDigest: sql`case when ${capabilities.version} = ${version} then ${digest} else ${capabilities.driftedDigest} end`,
      revision: sql`${capabilities.revision} + 1`,
      updatedAt: at,
    })
    .where(and(eq(capabilities.orgId, orgId), eq(capabilities.id, id)));

export function selectVersions({ orm, orgId }: ScopedDb, capabilityId: string, page: Page) {
  const { where, orderBy, limit } = keyset(page, capabilityVersions.createdAt, capabilityVersions.capabilityId);
  return orm
    .select()
    .from(capabilityVersions)
    .where(and(eq(capabilityVersions.orgId, orgId), eq(capabilityVersions.capabilityId, capabilityId), where))
    .orderBy(...orderBy)
    .limit(limit);
}
