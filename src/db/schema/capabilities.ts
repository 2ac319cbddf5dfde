import { foreignKey, index, integer, jsonb, pgTable, primaryKey, text, timestamp, uniqueIndex } from "drizzle-orm/pg-core";
import { sql } from "drizzle-orm";
import type { CapabilityDefinition } from "../../upstreams/capability.ts";

/** Upstreams that an organization lets agents use: an HTTP operation, or one tool of an MCP server. */
export const capabilities = pgTable(
  "capabilities",
  {
    orgId: text().notNull(),
    id: text().notNull(),
    name: text().notNull(),
    description: text().notNull(),
    kind: text().$type<"http" | "mcp">().notNull(),
    status: text().$type<"active" | "retired">().notNull(),
    /** The version in use: 1, 2, … */
    version: integer().notNull(),
    /** Where an upstream tool was seen to differ from what was pinned: the digest that it had, until an operator pins again. */
    driftedDigest: text(),
    /** The version of the sealed credential in use; 0 where there is none. */
    credentialVersion: integer().notNull(),
    revision: integer().notNull(),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    updatedAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.id] }),
    uniqueIndex("capabilities_name")
      .on(table.orgId, table.name)
      .where(sql`status = 'active'`),
    index("capabilities_page").on(table.orgId, table.createdAt, table.id),
  ],
);

/** What a capability is, version by version. Never changed. */
export const capabilityVersions = pgTable(
  "capability_versions",
  {
    orgId: text().notNull(),
    capabilityId: text().notNull(),
    version: integer().notNull(),
    definition: jsonb().$type<CapabilityDefinition>().notNull(),
    /** SHA-256 of the definition's canonical JSON. */
    digest: text().notNull(),
    createdBy: text().notNull(),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.capabilityId, table.version] }),
    foreignKey({ columns: [table.orgId, table.capabilityId], foreignColumns: [capabilities.orgId, capabilities.id] }),
  ],
);

/** What the upstream is shown: sealed, and never seen by an agent or in an answer. Only the newest version is used. */
export const capabilityCredentials = pgTable(
  "capability_credentials",
  {
    orgId: text().notNull(),
    capabilityId: text().notNull(),
    version: integer().notNull(),
    /** The header's value, sealed for organization, capability and version (crypto/sealed-box.ts). */
    sealedValue: text().notNull(),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.capabilityId, table.version] }),
    foreignKey({ columns: [table.orgId, table.capabilityId], foreignColumns: [capabilities.orgId, capabilities.id] }),
  ],
);
