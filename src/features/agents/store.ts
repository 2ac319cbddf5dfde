import { and, eq, inArray, isNotNull, isNull, sql, type SQL } from "drizzle-orm";
import { compileQuery } from "../../db/compile-query.ts";
import { agents, agentVersions } from "../../db/schema/agents.ts";
import type { ScopedDb } from "../../db/tenant-db.ts";
import { keyset, type Page } from "../../http/pagination.ts";
import type { NewAgentRow } from "./agent.ts";

const agentById = compileQuery((orm) =>
  orm
    .select()
    .from(agents)
    .where(and(eq(agents.orgId, sql.placeholder("orgId")), eq(agents.id, sql.placeholder("agentId")))),
);
export const selectAgentById = (db: ScopedDb, agentId: string) => agentById(db, { agentId });

/** For an identifier that is itself read in the same round trip. */
export const selectAgent = ({ orm, orgId }: ScopedDb, agentId: string | SQL) =>
  orm
    .select()
    .from(agents)
    .where(and(eq(agents.orgId, orgId), eq(agents.id, agentId)));

export type AgentFilter = {
  /** A credential that is bound to an agent sees that one. */
  readonly agentId: string | null;
  readonly externalId?: string | undefined;
  readonly isPublic?: boolean | undefined;
  readonly archived: boolean;
};

export function selectAgents({ orm, orgId }: ScopedDb, page: Page, filter: AgentFilter) {
  const { where, orderBy, limit } = keyset(page, agents.createdAt, agents.id);
  const wanted = [
    filter.agentId === null ? undefined : eq(agents.id, filter.agentId),
    filter.externalId === undefined ? undefined : eq(agents.externalId, filter.externalId),
    filter.isPublic === undefined ? undefined : eq(agents.isPublic, filter.isPublic),
    filter.archived ? isNotNull(agents.archivedAt) : isNull(agents.archivedAt),
  ];
  return orm
    .select()
    .from(agents)
    .where(and(eq(agents.orgId, orgId), ...wanted, where))
    .orderBy(...orderBy)
    .limit(limit);
}

export const selectTakenExternalIds = ({ orm, orgId }: ScopedDb, externalIds: readonly string[]) =>
  orm
    .select({ externalId: agents.externalId })
    .from(agents)
    .where(and(eq(agents.orgId, orgId), inArray(agents.externalId, [...externalIds])));

export const insertAgents = ({ orm, orgId }: ScopedDb, rows: readonly NewAgentRow[]) =>
  orm.insert(agents).values(rows.map((row) => ({ ...row, orgId })));

export const insertVersions = ({ orm, orgId }: ScopedDb, rows: readonly NewAgentRow[]) =>
  orm
    .insert(agentVersions)
    .values(
      rows.map((row) => ({ orgId, agentId: row.id, number: row.versionNumber, digest: row.versionDigest, createdAt: row.updatedAt })),
    );

/** Matches only while the agent is as it was read. */
export const updateAgent = (
  { orm, orgId }: ScopedDb,
  { id, revision, ...changes }: Partial<NewAgentRow> & Pick<NewAgentRow, "id" | "revision">,
) =>
  orm
    .update(agents)
    .set({ ...changes, revision: revision + 1 })
    .where(and(eq(agents.orgId, orgId), eq(agents.id, id), eq(agents.revision, revision)));
