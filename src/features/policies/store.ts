import { and, count, desc, eq, sql, type SQL } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import { grants } from "../../db/schema/grants.ts";
import { invocations } from "../../db/schema/invocations.ts";
import { policies, policyVersions } from "../../db/schema/policies.ts";
import type { EnteredDb, ScopedDb } from "../../db/tenant-db.ts";
import { keyset, type Page } from "../../http/pagination.ts";

export type PolicyRow = Omit<typeof policies.$inferSelect, "orgId">;
export type PolicyVersionRow = Omit<typeof policyVersions.$inferSelect, "orgId">;

const isVersion = (version: typeof policies.activeVersion | typeof policies.latestVersion) =>
  and(eq(policyVersions.orgId, policies.orgId), eq(policyVersions.policyId, policies.id), eq(policyVersions.version, version));

/** How a policy is joined with the version of it that is in force. */
export const isVersionInForce = isVersion(policies.activeVersion);

/** A policy with the terms in force; these are null where no version is. For an identifier that may itself be read in the same round trip. */
export const selectActivePolicy = ({ orm, orgId }: EnteredDb, policyId: string | SQL) =>
  orm
    .select({
      id: policies.id,
      name: policies.name,
      capabilityId: policies.capabilityId,
      activeVersion: policies.activeVersion,
      activation: policies.activation,
      terms: policyVersions.terms,
      digest: policyVersions.digest,
    })
    .from(policies)
    .leftJoin(policyVersions, isVersionInForce)
    .where(and(eq(policies.orgId, orgId), eq(policies.id, policyId)));

export const selectPolicy = ({ orm, orgId }: EnteredDb, policyId: string | SQL) =>
  orm
    .select()
    .from(policies)
    .where(and(eq(policies.orgId, orgId), eq(policies.id, policyId)));

const active = alias(policyVersions, "active");

/** A policy with its newest version, and the one in force. */
export const selectWholePolicy = ({ orm, orgId }: ScopedDb, policyId: string) =>
  orm
    .select({ policy: policies, latest: policyVersions, active })
    .from(policies)
    .innerJoin(policyVersions, isVersion(policies.latestVersion))
    .leftJoin(active, and(eq(active.orgId, policies.orgId), eq(active.policyId, policies.id), eq(active.version, policies.activeVersion)))
    .where(and(eq(policies.orgId, orgId), eq(policies.id, policyId)));

export const selectVersion = ({ orm, orgId }: ScopedDb, policyId: string, version: number) =>
  orm
    .select()
    .from(policyVersions)
    .where(and(eq(policyVersions.orgId, orgId), eq(policyVersions.policyId, policyId), eq(policyVersions.version, version)));

/** The capability that a policy is over, as an expression for what is read with it. */
export const capabilityOf = (orgId: string, policyId: string): SQL =>
  sql`(select ${policies.capabilityId} from ${policies} where ${policies.orgId} = ${orgId} and ${policies.id} = ${policyId})`;

export function selectPolicies({ orm, orgId }: ScopedDb, page: Page, { capabilityId }: { readonly capabilityId?: string | undefined }) {
  const { where, orderBy, limit } = keyset(page, policies.createdAt, policies.id);
  const ofCapability = capabilityId === undefined ? undefined : eq(policies.capabilityId, capabilityId);
  return orm
    .select()
    .from(policies)
    .where(and(eq(policies.orgId, orgId), ofCapability, where))
    .orderBy(...orderBy)
    .limit(limit);
}

/** Newest first. Each version is newer than the one before, so the time alone would do. */
export function selectVersions({ orm, orgId }: ScopedDb, policyId: string, page: Page) {
  const { where, orderBy, limit } = keyset(page, policyVersions.createdAt, policyVersions.policyId);
  return orm
    .select()
    .from(policyVersions)
    .where(and(eq(policyVersions.orgId, orgId), eq(policyVersions.policyId, policyId), where))
    .orderBy(...orderBy)
    .limit(limit);
}

/** How many active grants were promoted for what of a policy is in force. */
export const countPromoted = ({ orm, orgId }: ScopedDb, policyId: string) =>
  orm
    .select({ promoted: count() })
    .from(grants)
    .innerJoin(policies, and(eq(policies.orgId, grants.orgId), eq(policies.id, grants.policyId)))
    .where(
      and(
        eq(grants.orgId, orgId),
        eq(grants.policyId, policyId),
        eq(grants.status, "active"),
        eq(sql`(${grants.promotedBasis} ->> 'policyActivation')::int`, policies.activation),
      ),
    );

/** What was decided under a policy, newest first. */
export const selectDecided = ({ orm, orgId }: ScopedDb, policyId: string, { grantId, limit }: DecidedFilter) =>
  orm
    .select({
      id: invocations.id,
      grantId: invocations.grantId,
      mode: invocations.mode,
      policyVersion: invocations.policyVersion,
      decision: invocations.decision,
      reasons: invocations.reasons,
      ruleIds: invocations.ruleIds,
      sealedInput: invocations.sealedInput,
      createdAt: invocations.createdAt,
    })
    .from(invocations)
    .where(
      and(
        eq(invocations.orgId, orgId),
        eq(invocations.policyId, policyId),
        grantId === undefined ? undefined : eq(invocations.grantId, grantId),
      ),
    )
    .orderBy(desc(invocations.createdAt), desc(invocations.id))
    .limit(limit);
type DecidedFilter = { readonly grantId?: string | undefined; readonly limit: number };
export type DecidedRow = Awaited<ReturnType<typeof selectDecided>>[number];

export const insertPolicy = ({ orm, orgId }: ScopedDb, row: PolicyRow) => orm.insert(policies).values({ ...row, orgId });

export const insertPolicyVersion = ({ orm, orgId }: ScopedDb, row: PolicyVersionRow) =>
  orm.insert(policyVersions).values({ ...row, orgId });

/** Matches only while the policy is as it was read. */
export const updatePolicy = (
  { orm, orgId }: ScopedDb,
  read: Pick<PolicyRow, "id" | "revision">,
  changes: Partial<Pick<PolicyRow, "activeVersion" | "activation" | "latestVersion">> & Pick<PolicyRow, "updatedAt">,
) =>
  orm
    .update(policies)
    .set({ ...changes, revision: read.revision + 1 })
    .where(and(eq(policies.orgId, orgId), eq(policies.id, read.id), eq(policies.revision, read.revision)));
