import { and, desc, eq, gt, inArray, isNull, notExists, or, sql } from "drizzle-orm";
import { memberProfiles, members, providerLinks } from "../../db/schema/members.ts";
import { organizations } from "../../db/schema/organizations.ts";
import { providerEvents } from "../../db/schema/provider-events.ts";
import type { Query, ScopedDb } from "../../db/tenant-db.ts";

export const insertOrganization = ({ orm }: ScopedDb, row: typeof organizations.$inferInsert): Query =>
  orm.insert(organizations).values(row);

export const insertLink = ({ orm, orgId }: ScopedDb, externalId: string, createdAt: Date): Query =>
  orm.insert(providerLinks).values({ orgId, provider: "clerk", externalId, createdAt });

const named = ["organization.created", "organization.updated"];

/** What has named the organization since `occurredAt`. */
export const selectNewerName = ({ orm, orgId }: ScopedDb, externalId: string, occurredAt: Date) =>
  orm
    .select({ type: providerEvents.type })
    .from(providerEvents)
    .where(
      and(
        eq(providerEvents.orgId, orgId),
        eq(providerEvents.provider, "clerk"),
        eq(providerEvents.subject, externalId),
        inArray(providerEvents.type, named),
        eq(providerEvents.outcome, "handled"),
        gt(providerEvents.occurredAt, occurredAt),
      ),
    )
    .limit(1);

/** Matches only while nothing newer has named it: two events at once may not end with the older one's name. */
export const renameOrganization = (db: ScopedDb, name: string, externalId: string, occurredAt: Date): Query =>
  db.orm
    .update(organizations)
    .set({ name })
    .where(and(eq(organizations.id, db.orgId), notExists(selectNewerName(db, externalId, occurredAt))));

const itsProfile = and(eq(memberProfiles.orgId, members.orgId), eq(memberProfiles.memberId, members.id));

/** Who is a member, or invited, and whether a name is kept of them. */
export const selectPeople = ({ orm, orgId }: ScopedDb) =>
  orm
    .select({ id: members.id, hasProfile: sql<boolean>`${memberProfiles.memberId} is not null` })
    .from(members)
    .leftJoin(memberProfiles, itsProfile)
    .where(and(eq(members.orgId, orgId), isNull(members.removedAt)));

export const endAllMembers = ({ orm, orgId }: ScopedDb, removedAt: Date, providerUpdatedAt: Date): Query =>
  orm
    .update(members)
    .set({ status: "removed", removedAt, providerUpdatedAt, revision: sql`${members.revision} + 1`, updatedAt: removedAt })
    .where(and(eq(members.orgId, orgId), isNull(members.removedAt)));

export const endAllProfiles = ({ orm, orgId }: ScopedDb, removedAt: Date): Query =>
  orm
    .update(memberProfiles)
    .set({ removedAt, updatedAt: removedAt })
    .where(and(eq(memberProfiles.orgId, orgId), isNull(memberProfiles.removedAt)));

const whole = { member: members, profile: memberProfiles };

/** Everyone who is or was this person here, and whoever was invited with the address: the newest first. */
export const selectPerson = ({ orm, orgId }: ScopedDb, userId: string, email: string) =>
  orm
    .select(whole)
    .from(members)
    .leftJoin(memberProfiles, itsProfile)
    .where(
      and(
        eq(members.orgId, orgId),
        or(eq(members.externalId, userId), and(eq(members.status, "invited"), eq(memberProfiles.email, email))),
      ),
    )
    .orderBy(desc(members.createdAt), desc(members.id));

/** The members of these identifiers. */
export const selectMembers = ({ orm, orgId }: ScopedDb, ids: readonly string[]) =>
  orm
    .select(whole)
    .from(members)
    .leftJoin(memberProfiles, itsProfile)
    .where(and(eq(members.orgId, orgId), inArray(members.id, [...ids])));

/** Matches only while nothing newer was told of the person. */
export const updateProfile = (
  { orm, orgId }: ScopedDb,
  memberId: string,
  change: { readonly email: string; readonly name: string | null; readonly providerUpdatedAt: Date; readonly updatedAt: Date },
): Query =>
  orm
    .update(memberProfiles)
    .set(change)
    .where(
      and(
        eq(memberProfiles.orgId, orgId),
        eq(memberProfiles.memberId, memberId),
        or(isNull(memberProfiles.providerUpdatedAt), sql`${memberProfiles.providerUpdatedAt} <= ${change.providerUpdatedAt.toISOString()}`),
      ),
    );
