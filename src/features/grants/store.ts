import { z } from "zod";
import { and, eq, isNull, sql, type SQL } from "drizzle-orm";
import { agents } from "../../db/schema/agents.ts";
import { capabilities, capabilityVersions } from "../../db/schema/capabilities.ts";
import { grants } from "../../db/schema/grants.ts";
import { pacts } from "../../db/schema/pacts.ts";
import { policies, policyVersions } from "../../db/schema/policies.ts";
import type { ScopedDb } from "../../db/tenant-db.ts";
import { keyset, type Page } from "../../http/pagination.ts";
import { isVersionInUse } from "../capabilities/index.ts";
import { isVersionInForce } from "../policies/index.ts";

export type GrantRow = typeof grants.$inferSelect;
export type NewGrantRow = Omit<typeof grants.$inferInsert, "orgId">;

export const selectGrant = ({ orm, orgId }: ScopedDb, grantId: string) =>
  orm
    .select()
    .from(grants)
    .where(and(eq(grants.orgId, orgId), eq(grants.id, grantId)));

/** A field of a grant, for what is read with it in one round trip. */
export const fieldOfGrant = (
  orgId: string,
  grantId: string | SQL,
  column: typeof grants.agentId | typeof grants.capabilityId | typeof grants.policyId,
): SQL => sql`(select ${column} from ${grants} where ${grants.orgId} = ${orgId} and ${grants.id} = ${grantId})`;

const PactRefs = z.array(z.object({ id: z.string(), digest: z.string() }));

/** The pacts of a grant's agent that were ever activated. */
const pactsOfAgent = (orgId: string): SQL =>
  sql`from ${pacts} where ${pacts.orgId} = ${orgId} and ${pacts.agentId} = ${grants.agentId} and ${pacts.activatedAt} is not null`;

const agentOfGrant = {
  id: agents.id,
  name: agents.name,
  versionNumber: agents.versionNumber,
  versionDigest: agents.versionDigest,
  archivedAt: agents.archivedAt,
  registeredBy: agents.registeredBy,
};

const pactActivations = (orgId: string) => sql`(select count(*) ${pactsOfAgent(orgId)})`.mapWith(Number);

/** Grants with the versions of all that they rest on: what `groundOf` tells basis and mode from. */
const selectGrounds = ({ orm, orgId }: ScopedDb) =>
  orm
    .select({
      grant: grants,
      agent: agentOfGrant,
      policy: { activeVersion: policies.activeVersion, activation: policies.activation, digest: policyVersions.digest },
      capability: {
        name: capabilities.name,
        status: capabilities.status,
        version: capabilities.version,
        driftedDigest: capabilities.driftedDigest,
        digest: capabilityVersions.digest,
      },
      pacts:
        sql`(select coalesce(jsonb_agg(jsonb_build_object('id', ${pacts.id}, 'digest', ${pacts.digest})), '[]') ${pactsOfAgent(orgId)} and ${pacts.state} = 'active')`.mapWith(
          (rows) => PactRefs.parse(rows),
        ),
      pactActivations: pactActivations(orgId),
    })
    .from(grants)
    .innerJoin(agents, and(eq(agents.orgId, orgId), eq(agents.id, grants.agentId)))
    .innerJoin(policies, and(eq(policies.orgId, orgId), eq(policies.id, grants.policyId)))
    .leftJoin(policyVersions, isVersionInForce)
    .innerJoin(capabilities, and(eq(capabilities.orgId, orgId), eq(capabilities.id, grants.capabilityId)))
    .innerJoin(capabilityVersions, isVersionInUse);

/** A grant, its agent, and the versions of all that it rests on. */
export const selectBasis = (db: ScopedDb, grantId: string | SQL) =>
  selectGrounds(db).where(and(eq(grants.orgId, db.orgId), eq(grants.id, grantId)));

/**
 * A grant and its agent: with its policy, its capability and the agent's active pacts, where those are read beside it, all that `groundOf` takes.
 * Planning a join of all of them costs ten times what reading them does.
 */
export const selectGrantWithAgent = ({ orm, orgId }: ScopedDb, grantId: string | SQL) =>
  orm
    .select({ grant: grants, agent: agentOfGrant, pactActivations: pactActivations(orgId) })
    .from(grants)
    .innerJoin(agents, and(eq(agents.orgId, orgId), eq(agents.id, grants.agentId)))
    .where(and(eq(grants.orgId, orgId), eq(grants.id, grantId)));

export type GroundRow = Awaited<ReturnType<typeof selectBasis>>[number];

export function selectGrants(db: ScopedDb, page: Page, agentId: string | null) {
  const { where, orderBy, limit } = keyset(page, grants.createdAt, grants.id);
  const ofAgent = agentId === null ? undefined : eq(grants.agentId, agentId);
  return selectGrounds(db)
    .where(and(eq(grants.orgId, db.orgId), ofAgent, where))
    .orderBy(...orderBy)
    .limit(limit);
}

export const insertGrant = ({ orm, orgId }: ScopedDb, row: NewGrantRow) => orm.insert(grants).values({ ...row, orgId });

type GrantChange = Partial<
  Pick<GrantRow, "budget" | "ratePerMinute" | "expiresAt" | "status" | "promotedFor" | "promotedBasis" | "promotedAt">
>;

/** Matches only while the grant is as it was read. */
export const updateGrant = (
  { orm, orgId }: ScopedDb,
  { id, revision }: Pick<GrantRow, "id" | "revision">,
  change: GrantChange & Pick<GrantRow, "updatedAt">,
) =>
  orm
    .update(grants)
    .set({ ...change, revision: revision + 1 })
    .where(and(eq(grants.orgId, orgId), eq(grants.id, id), eq(grants.revision, revision)));

export const selectAgentInService = ({ orm, orgId }: ScopedDb, agentId: string) =>
  orm
    .select({ id: agents.id })
    .from(agents)
    .where(and(eq(agents.orgId, orgId), eq(agents.id, agentId), isNull(agents.archivedAt)));
