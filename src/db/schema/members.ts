import { foreignKey, index, integer, pgTable, primaryKey, text, timestamp, unique, uniqueIndex } from "drizzle-orm/pg-core";
import { sql } from "drizzle-orm";
import type { Role } from "../../access/roles.ts";

/** People of an organization. What names them stands in memberProfiles alone, so that it can be erased and the log still holds. */
export const members = pgTable(
  "members",
  {
    orgId: text().notNull(),
    id: text().notNull(),
    role: text().$type<Role>().notNull(),
    status: text().$type<"invited" | "active" | "removed">().notNull(),
    /** `user_…` of the identity provider; null where people sign in with links. */
    externalId: text(),
    /** What the provider's newest word on this membership was told at: an older one changes nothing. */
    providerUpdatedAt: timestamp({ withTimezone: true, precision: 3 }),
    revision: integer().notNull(),
    joinedAt: timestamp({ withTimezone: true, precision: 3 }),
    removedAt: timestamp({ withTimezone: true, precision: 3 }),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    updatedAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.id] }),
    uniqueIndex("members_external")
      .on(table.orgId, table.externalId)
      .where(sql`removed_at is null`),
    index("members_page").on(table.orgId, table.createdAt, table.id),
  ],
);

/** Personal data. An event about it holds `commitment`: SHA-256 over the salt and the JCS of what is here. */
export const memberProfiles = pgTable(
  "member_profiles",
  {
    orgId: text().notNull(),
    memberId: text().notNull(),
    /** 32 random bytes, hex: without it the commitment says nothing of anybody. */
    salt: text().notNull(),
    email: text().notNull(),
    name: text(),
    providerUpdatedAt: timestamp({ withTimezone: true, precision: 3 }),
    /** Of a removed member: another one may have the address. */
    removedAt: timestamp({ withTimezone: true, precision: 3 }),
    updatedAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.memberId] }),
    uniqueIndex("member_profiles_email")
      .on(table.orgId, table.email)
      .where(sql`removed_at is null`),
    foreignKey({ columns: [table.orgId, table.memberId], foreignColumns: [members.orgId, members.id] }),
  ],
);

/** One-time links that the administrator's command prints. Only the SHA-256 of a token is kept. */
export const signInLinks = pgTable(
  "sign_in_links",
  {
    orgId: text().notNull(),
    id: text().notNull(),
    memberId: text().notNull(),
    tokenHash: text().notNull(),
    expiresAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    consumedAt: timestamp({ withTimezone: true, precision: 3 }),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.id] }),
    foreignKey({ columns: [table.orgId, table.memberId], foreignColumns: [members.orgId, members.id] }),
  ],
);

/** What an organization is called by a provider. A name belongs to one organization, for good. */
export const providerLinks = pgTable(
  "provider_links",
  {
    orgId: text().notNull(),
    provider: text().$type<"clerk" | "whop" | "stripe" | "inngest">().notNull(),
    externalId: text().notNull(),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.provider, table.externalId] }),
    unique("provider_links_external").on(table.provider, table.externalId),
  ],
);
