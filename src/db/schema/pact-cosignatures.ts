import { bigint, foreignKey, index, integer, jsonb, pgTable, primaryKey, text, timestamp, unique, uniqueIndex } from "drizzle-orm/pg-core";
import { sql } from "drizzle-orm";
import type { PactTerms } from "../../features/pacts/pact.ts";
import { pacts } from "./pacts.ts";

type Environment = "live" | "test";

/** What an organization offers another one to co-sign: one version of a pact, to who holds the token. Of that only the digest is kept. */
export const pactOffers = pgTable(
  "pact_offers",
  {
    orgId: text().notNull(),
    id: text().notNull(),
    pactId: text().notNull(),
    /** The only organization that may take it, where one was named; nothing asks whether there is such an organization. */
    counterpartyOrgId: text(),
    tokenHash: text().notNull(),
    createdBy: text().notNull(),
    expiresAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    withdrawnAt: timestamp({ withTimezone: true, precision: 3 }),
    /** When this organization's own log took note of the co-signature, and of its withdrawal. */
    signingNotedAt: timestamp({ withTimezone: true, precision: 3 }),
    withdrawalNotedAt: timestamp({ withTimezone: true, precision: 3 }),
    revision: integer().notNull(),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.id] }),
    unique("pact_offers_token").on(table.tokenHash),
    index("pact_offers_page").on(table.orgId, table.createdAt, table.id),
    foreignKey({ columns: [table.orgId, table.pactId], foreignColumns: [pacts.orgId, pacts.id] }),
  ],
);

/**
 * An organization's signature under another one's pact: the signer's row. What it says of the other side is set by the database
 * (app.take_offer), whatever is sent, and the terms are the signer's own copy.
 */
export const pactCosignatures = pgTable(
  "pact_cosignatures",
  {
    orgId: text().notNull(),
    id: text().notNull(),
    environment: text().$type<Environment>().notNull().default("test"),
    tokenHash: text().notNull(),
    offerId: text().notNull().default(""),
    promisorOrgId: text().notNull().default(""),
    promisorEnvironment: text().$type<Environment>().notNull().default("test"),
    pactId: text().notNull().default(""),
    lineageId: text().notNull().default(""),
    version: integer().notNull().default(0),
    pactDigest: text().notNull(),
    terms: jsonb().$type<PactTerms>().notNull(),
    /** Compact JWS; the DSSE twin is the same payload with `dsseSignature`. */
    statement: text().notNull(),
    dsseSignature: text().notNull(),
    digest: text().notNull(),
    kid: text().notNull(),
    /** Set by the database (app.stamp_event). */
    eventSeq: bigint({ mode: "number" }).notNull().default(0),
    signedBy: text().notNull(),
    signedAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    withdrawnAt: timestamp({ withTimezone: true, precision: 3 }),
    withdrawnReason: text(),
    revision: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.id] }),
    /** An offer is taken once, whoever is first. */
    unique("pact_cosignatures_offer").on(table.offerId),
    uniqueIndex("pact_cosignatures_standing")
      .on(table.orgId, table.promisorOrgId, table.pactId)
      .where(sql`withdrawn_at is null`),
    index("pact_cosignatures_promisor").on(table.promisorOrgId, table.pactId),
    index("pact_cosignatures_page").on(table.orgId, table.signedAt, table.id),
    index("pact_cosignatures_events").on(table.orgId, table.eventSeq),
  ],
);
