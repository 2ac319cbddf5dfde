import { sql } from "drizzle-orm";
import { boolean, foreignKey, index, integer, jsonb, pgTable, primaryKey, text, timestamp, unique, uniqueIndex } from "drizzle-orm/pg-core";

/** `a2a` is revision 1.0 of A2A. */
export const endpointProtocols = ["json", "openai", "a2a", "a2a-0.3"] as const;
export type EndpointProtocol = (typeof endpointProtocols)[number];
/** A request header that the agent's endpoint wants; its value is sealed (crypto/sealed-box.ts) and never leaves. */
export type SealedHeader = { readonly name: string; readonly sealedValue: string };

export const agents = pgTable(
  "agents",
  {
    orgId: text().notNull(),
    id: text().notNull(),
    externalId: text().notNull(),
    name: text().notNull(),
    description: text(),
    provider: text(),
    modelFamily: text(),
    capabilities: jsonb().$type<readonly string[]>().notNull(),
    /** The version that its owner declares. */
    version: text(),
    /** The version that we count: one more whenever what defines the agent changes. */
    versionNumber: integer().notNull(),
    versionDigest: text().notNull(),
    isPublic: boolean().notNull(),
    walletAddress: text(),
    endpointUrl: text(),
    endpointProtocol: text().$type<EndpointProtocol>(),
    endpointHeaders: jsonb().$type<readonly SealedHeader[]>().notNull(),
    /** What /.well-known/armalo-challenge on the endpoint's origin must answer. */
    endpointChallenge: text(),
    endpointProvenAt: timestamp({ withTimezone: true, precision: 3 }),
    /** Grows with each change; an update names the one it read. */
    revision: integer().notNull(),
    /** Who registered it, as the audit log names him. Null where that is not known: it was there before this was kept. */
    registeredBy: text(),
    archivedAt: timestamp({ withTimezone: true, precision: 3 }),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    updatedAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.id] }),
    unique("agents_external_id").on(table.orgId, table.externalId),
    index("agents_page").on(table.orgId, table.createdAt, table.id),
    // Whoever asks without a credential knows the agent's id alone: one row of one organization answers to it.
    uniqueIndex("agents_public")
      .on(table.id)
      .where(sql`is_public and archived_at is null`),
  ],
);

export const agentVersions = pgTable(
  "agent_versions",
  {
    orgId: text().notNull(),
    agentId: text().notNull(),
    number: integer().notNull(),
    digest: text().notNull(),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.agentId, table.number] }),
    foreignKey({ columns: [table.orgId, table.agentId], foreignColumns: [agents.orgId, agents.id] }),
  ],
);
