import { and, asc, eq, gt, isNull, or } from "drizzle-orm";
import { agents } from "../../db/schema/agents.ts";
import { capabilities, capabilityVersions } from "../../db/schema/capabilities.ts";
import { grants } from "../../db/schema/grants.ts";
import type { ScopedDb } from "../../db/tenant-db.ts";
import { isVersionInUse } from "../capabilities/index.ts";

/** Of one agent: nobody has so many tools in mind, and a client reads them all. */
const mostTools = 200;

/** What an agent may use at `now`, by the names of its tools. */
export const selectGrantedTools = ({ orm, orgId }: ScopedDb, agentId: string, now: Date) =>
  orm
    .select({
      toolName: grants.toolName,
      name: capabilities.name,
      description: capabilities.description,
      definition: capabilityVersions.definition,
    })
    .from(grants)
    .innerJoin(agents, and(eq(agents.orgId, orgId), eq(agents.id, grants.agentId), isNull(agents.archivedAt)))
    .innerJoin(
      capabilities,
      and(eq(capabilities.orgId, orgId), eq(capabilities.id, grants.capabilityId), eq(capabilities.status, "active")),
    )
    .innerJoin(capabilityVersions, isVersionInUse)
    .where(
      and(
        eq(grants.orgId, orgId),
        eq(grants.agentId, agentId),
        eq(grants.status, "active"),
        or(isNull(grants.expiresAt), gt(grants.expiresAt, now)),
      ),
    )
    .orderBy(asc(grants.toolName))
    .limit(mostTools);

export type GrantedToolRow = Awaited<ReturnType<typeof selectGrantedTools>>[number];
