import { and, asc, eq, isNull } from "drizzle-orm";
import { agentCards, cardKeys } from "../../db/schema/agent-cards.ts";
import type { ScopedDb } from "../../db/tenant-db.ts";

export type CardKeyRow = typeof cardKeys.$inferSelect;
export type AgentCardRow = typeof agentCards.$inferSelect;

/** An organization's keys, unpinned ones too, oldest first. */
export const selectCardKeys = ({ orm, orgId }: ScopedDb) =>
  orm.select().from(cardKeys).where(eq(cardKeys.orgId, orgId)).orderBy(asc(cardKeys.pinnedAt), asc(cardKeys.id));

export const selectPinnedKeys = ({ orm, orgId }: ScopedDb) =>
  orm
    .select()
    .from(cardKeys)
    .where(and(eq(cardKeys.orgId, orgId), isNull(cardKeys.unpinnedAt)))
    .orderBy(asc(cardKeys.pinnedAt), asc(cardKeys.id));

export const selectCardKey = ({ orm, orgId }: ScopedDb, cardKeyId: string) =>
  orm
    .select()
    .from(cardKeys)
    .where(and(eq(cardKeys.orgId, orgId), eq(cardKeys.id, cardKeyId)));

export const insertCardKey = ({ orm, orgId }: ScopedDb, row: Omit<CardKeyRow, "orgId">) => orm.insert(cardKeys).values({ ...row, orgId });

/** Matches only while the key is as it was read. */
export const updateUnpinned = ({ orm, orgId }: ScopedDb, { id, revision }: CardKeyRow, unpinnedAt: Date) =>
  orm
    .update(cardKeys)
    .set({ unpinnedAt, revision: revision + 1 })
    .where(and(eq(cardKeys.orgId, orgId), eq(cardKeys.id, id), eq(cardKeys.revision, revision)));

/** The card that an agent was registered from, and the key that signed it. */
export const selectAgentCard = ({ orm, orgId }: ScopedDb, agentId: string) =>
  orm
    .select({ card: agentCards, key: cardKeys })
    .from(agentCards)
    .leftJoin(cardKeys, and(eq(cardKeys.orgId, orgId), eq(cardKeys.id, agentCards.cardKeyId)))
    .where(and(eq(agentCards.orgId, orgId), eq(agentCards.agentId, agentId)));

export const insertAgentCard = ({ orm, orgId }: ScopedDb, row: Omit<AgentCardRow, "orgId">) =>
  orm.insert(agentCards).values({ ...row, orgId });
