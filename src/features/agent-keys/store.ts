import { and, asc, eq, type SQL } from "drizzle-orm";
import { agentKeys } from "../../db/schema/agent-keys.ts";
import type { ScopedDb } from "../../db/tenant-db.ts";

export type AgentKeyRow = typeof agentKeys.$inferSelect;

/** An agent's keys, revoked ones too, oldest first. */
export const selectAgentKeys = ({ orm, orgId }: ScopedDb, agentId: string | SQL) =>
  orm
    .select()
    .from(agentKeys)
    .where(and(eq(agentKeys.orgId, orgId), eq(agentKeys.agentId, agentId)))
    .orderBy(asc(agentKeys.createdAt), asc(agentKeys.kid));

export const insertAgentKey = ({ orm, orgId }: ScopedDb, row: Omit<AgentKeyRow, "orgId">) =>
  orm.insert(agentKeys).values({ ...row, orgId });

/** Matches only while the key is as it was read. */
export const updateRevoked = ({ orm, orgId }: ScopedDb, { agentId, kid, revision }: AgentKeyRow, revokedAt: Date) =>
  orm
    .update(agentKeys)
    .set({ revokedAt, revision: revision + 1 })
    .where(and(eq(agentKeys.orgId, orgId), eq(agentKeys.agentId, agentId), eq(agentKeys.kid, kid), eq(agentKeys.revision, revision)));
