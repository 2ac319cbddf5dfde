import { integer, jsonb, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { ClaimPolicy } from "../../features/attestations/claim-policy.ts";

/** What may be attested of an organization's agents, as its operators decided; the policy with the highest number holds. */
export const claimPolicies = pgTable(
  "claim_policies",
  {
    orgId: text().notNull(),
    number: integer().notNull(),
    policy: jsonb().$type<ClaimPolicy>().notNull(),
    digest: text().notNull(),
    setBy: text().notNull(),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.number] })],
);
