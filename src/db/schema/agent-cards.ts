import { foreignKey, integer, jsonb, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import { agents } from "./agents.ts";

/** What became of a card's signatures when it was imported; a card with a bad one is not. */
export const cardSignatures = ["verified", "unsigned", "signed_by_unknown_key"] as const;
export type CardSignature = (typeof cardSignatures)[number];
export const cardAlgorithms = ["EdDSA", "ES256", "RS256"] as const;
export type CardAlgorithm = (typeof cardAlgorithms)[number];
export type CardJwk =
  | { readonly kty: "OKP"; readonly crv: "Ed25519"; readonly x: string }
  | { readonly kty: "EC"; readonly crv: "P-256"; readonly x: string; readonly y: string }
  | { readonly kty: "RSA"; readonly n: string; readonly e: string };

/** Public keys with which an organization expects A2A agent cards to be signed. Pinned by it, and by nothing that a card says. */
export const cardKeys = pgTable(
  "card_keys",
  {
    orgId: text().notNull(),
    id: text().notNull(),
    /** The name that signatures call it by; another signer may use the same. */
    kid: text().notNull(),
    label: text().notNull(),
    /** RFC 7638. */
    thumbprint: text().notNull(),
    algorithm: text().$type<CardAlgorithm>().notNull(),
    jwk: jsonb().$type<CardJwk>().notNull(),
    pinnedAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    unpinnedAt: timestamp({ withTimezone: true, precision: 3 }),
    revision: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.id] })],
);

/** The A2A agent card that an agent was registered from. */
export const agentCards = pgTable(
  "agent_cards",
  {
    orgId: text().notNull(),
    agentId: text().notNull(),
    url: text().notNull(),
    /** SHA-256 of the RFC 8785 form of the whole card, its signatures included. */
    digest: text().notNull(),
    /** Of the interface that was taken from it. */
    protocolVersion: text().notNull(),
    signature: text().$type<CardSignature>().notNull(),
    /** The pinned key that signed it, where it was verified. */
    cardKeyId: text(),
    importedAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.agentId] }),
    foreignKey({ columns: [table.orgId, table.agentId], foreignColumns: [agents.orgId, agents.id] }),
    foreignKey({ columns: [table.orgId, table.cardKeyId], foreignColumns: [cardKeys.orgId, cardKeys.id] }),
  ],
);
