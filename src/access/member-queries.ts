import { and, eq, exists, isNull, ne, or, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import { memberProfiles, members } from "../db/schema/members.ts";
import type { ScopedDb } from "../db/tenant-db.ts";

const isMember = (orgId: string, memberId: string) => and(eq(members.orgId, orgId), eq(members.id, memberId));

export const selectMember = ({ orm, orgId }: ScopedDb, memberId: string) => orm.select().from(members).where(isMember(orgId, memberId));

/** By our own name, or by the identity provider's: neither looks like the other. */
export const selectActiveMember = ({ orm, orgId }: ScopedDb, name: string) =>
  orm
    .select({ memberId: members.id, role: members.role })
    .from(members)
    .where(
      and(eq(members.orgId, orgId), eq(name.startsWith("mbr_") ? members.id : members.externalId, name), eq(members.status, "active")),
    );

/** Of a member whose profile is neither erased nor marked as removed. */
export const selectLivingProfile = ({ orm, orgId }: ScopedDb, memberId: string) =>
  orm
    .select()
    .from(memberProfiles)
    .where(and(eq(memberProfiles.orgId, orgId), eq(memberProfiles.memberId, memberId), isNull(memberProfiles.removedAt)));

const others = alias(members, "others");

/**
 * Whether an active owner is left where this member stops being one. Writes of one organization wait for each other at its audit event, which
 * comes first: so two owners cannot both lose it.
 */
export const leavesAnOwner = ({ orm, orgId }: ScopedDb, memberId: string) =>
  or(
    ne(members.role, "owner"),
    ne(members.status, "active"),
    exists(
      orm
        .select({ one: sql`1` })
        .from(others)
        .where(and(eq(others.orgId, orgId), ne(others.id, memberId), eq(others.role, "owner"), eq(others.status, "active"))),
    ),
  );

/** Matches only who was not removed before, and is not the last owner. */
export const updateMemberRemoved = (db: ScopedDb, memberId: string, now: Date) =>
  db.orm
    .update(members)
    .set({ status: "removed", removedAt: now, providerUpdatedAt: now, updatedAt: now, revision: sql`${members.revision} + 1` })
    .where(and(isMember(db.orgId, memberId), isNull(members.removedAt), leavesAnOwner(db, memberId)));

export const updateProfileRemoved = ({ orm, orgId }: ScopedDb, memberId: string, now: Date) =>
  orm
    .update(memberProfiles)
    .set({ removedAt: now, updatedAt: now })
    .where(and(eq(memberProfiles.orgId, orgId), eq(memberProfiles.memberId, memberId), isNull(memberProfiles.removedAt)));
