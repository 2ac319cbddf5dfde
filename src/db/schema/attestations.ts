import { bigint, foreignKey, index, integer, pgTable, primaryKey, text, timestamp, unique } from "drizzle-orm/pg-core";
import type { AttestationKind } from "../../features/attestations/attestation.ts";
import { agents } from "./agents.ts";

/** Signed statements about agents. Nothing of a row changes but its revocation. */
export const attestations = pgTable(
  "attestations",
  {
    orgId: text().notNull(),
    id: text().notNull(),
    agentId: text().notNull(),
    kind: text().$type<AttestationKind>().notNull(),
    /** The score, eval run or pact that it is about. */
    about: text().notNull(),
    /** Compact JWS; the DSSE twin is the same payload with `dsseSignature`. */
    statement: text().notNull(),
    dsseSignature: text().notNull(),
    /** SHA-256 of the payload, as the log's event has it. */
    digest: text().notNull(),
    kid: text().notNull(),
    /** The sequence number of the event that issued it: set by the database (app.stamp_event), whatever is sent. */
    eventSeq: bigint({ mode: "number" }).notNull().default(0),
    requestedBy: text().notNull(),
    issuedAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    expiresAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    revokedAt: timestamp({ withTimezone: true, precision: 3 }),
    revokedReason: text(),
    revision: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.id] }),
    index("attestations_page").on(table.orgId, table.issuedAt, table.id),
    index("attestations_agent").on(table.orgId, table.agentId, table.issuedAt, table.id),
    index("attestations_events").on(table.orgId, table.eventSeq),
    foreignKey({ columns: [table.orgId, table.agentId], foreignColumns: [agents.orgId, agents.id] }),
  ],
);

/** Links under which anyone may read an attestation until they expire. Only the digest of a link's token is kept. */
export const attestationShares = pgTable(
  "attestation_shares",
  {
    orgId: text().notNull(),
    id: text().notNull(),
    attestationId: text().notNull(),
    tokenHash: text().notNull(),
    createdBy: text().notNull(),
    expiresAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.id] }),
    unique("attestation_shares_token").on(table.tokenHash),
    foreignKey({ columns: [table.orgId, table.attestationId], foreignColumns: [attestations.orgId, attestations.id] }),
  ],
);
