import { and, eq, isNull, or } from "drizzle-orm";
import { agents } from "../../db/schema/agents.ts";
import { organizations } from "../../db/schema/organizations.ts";
import type { EnteredDb } from "../../db/tenant-db.ts";

/** What anyone may know of a public agent, and what kind of organization it belongs to; `owner` may know it of any that is its own. */
export const selectShownAgent = ({ orm, orgId }: EnteredDb, agentId: string, owner: string | null) =>
  orm
    .select({
      id: agents.id,
      name: agents.name,
      version: agents.version,
      versionNumber: agents.versionNumber,
      versionDigest: agents.versionDigest,
      organizationId: agents.orgId,
      environment: organizations.environment,
    })
    .from(agents)
    .innerJoin(organizations, eq(organizations.id, agents.orgId))
    .where(
      and(
        eq(agents.orgId, orgId),
        eq(agents.id, agentId),
        or(and(eq(agents.isPublic, true), isNull(agents.archivedAt)), owner === null ? undefined : eq(agents.orgId, owner)),
      ),
    );

export type PublicAgentRow = Awaited<ReturnType<typeof selectShownAgent>>[number];
