import { and, eq, isNull } from "drizzle-orm";
import { agents } from "../../db/schema/agents.ts";
import { organizations } from "../../db/schema/organizations.ts";
import type { EnteredDb } from "../../db/tenant-db.ts";

/** What anyone may know of a public agent, and what kind of organization it belongs to. */
export const selectPublicAgent = ({ orm, orgId }: EnteredDb, agentId: string) =>
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
    .where(and(eq(agents.orgId, orgId), eq(agents.id, agentId), eq(agents.isPublic, true), isNull(agents.archivedAt)));

export type PublicAgentRow = Awaited<ReturnType<typeof selectPublicAgent>>[number];
