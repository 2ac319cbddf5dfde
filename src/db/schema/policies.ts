import { foreignKey, index, integer, jsonb, pgTable, primaryKey, text, timestamp, unique } from "drizzle-orm/pg-core";
import type { PolicyTerms } from "../../policies/policy.ts";
import { capabilities } from "./capabilities.ts";

/** The rules over the use of one capability. */
export const policies = pgTable(
  "policies",
  {
    orgId: text().notNull(),
    id: text().notNull(),
    capabilityId: text().notNull(),
    name: text().notNull(),
    /** The version in force; null before the first activation. */
    activeVersion: integer(),
    /** How often a version was put in force: 0, 1, 2, … */
    activation: integer().notNull(),
    latestVersion: integer().notNull(),
    revision: integer().notNull(),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    updatedAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.id] }),
    // What a grant names together: a policy is over its own capability alone.
    unique("policies_capability").on(table.orgId, table.id, table.capabilityId),
    index("policies_page").on(table.orgId, table.createdAt, table.id),
    foreignKey({ columns: [table.orgId, table.capabilityId], foreignColumns: [capabilities.orgId, capabilities.id] }),
  ],
);

/** What a policy says, version by version. Never changed. */
export const policyVersions = pgTable(
  "policy_versions",
  {
    orgId: text().notNull(),
    policyId: text().notNull(),
    version: integer().notNull(),
    terms: jsonb().$type<PolicyTerms>().notNull(),
    /** SHA-256 of the canonical JSON of its terms. */
    digest: text().notNull(),
    /** The capability's version that it was type-checked against. */
    capabilityVersion: integer().notNull(),
    createdBy: text().notNull(),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.policyId, table.version] }),
    foreignKey({ columns: [table.orgId, table.policyId], foreignColumns: [policies.orgId, policies.id] }),
  ],
);
