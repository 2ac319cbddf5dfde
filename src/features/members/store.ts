import { and, count, eq, isNull, ne } from "drizzle-orm";
import { leavesAnOwner } from "../../access/member-queries.ts";
import { memberProfiles, members, providerLinks } from "../../db/schema/members.ts";
import type { ScopedDb } from "../../db/tenant-db.ts";
import { keyset } from "../../http/pagination.ts";
import type { MemberRow, NewMember, NewProfile } from "./member.ts";
import type { MemberQuery } from "./schemas.ts";

const ownMember = (orgId: string, memberId: string) => and(eq(members.orgId, orgId), eq(members.id, memberId));
const itsProfile = and(eq(memberProfiles.orgId, members.orgId), eq(memberProfiles.memberId, members.id));
const withProfile = { member: members, profile: memberProfiles };

/** A member and what names them, if it was not erased. */
export const selectMember = ({ orm, orgId }: ScopedDb, memberId: string) =>
  orm.select(withProfile).from(members).leftJoin(memberProfiles, itsProfile).where(ownMember(orgId, memberId));

export function selectMembers({ orm, orgId }: ScopedDb, query: MemberQuery) {
  const { where, orderBy, limit } = keyset(query, members.createdAt, members.id);
  const status = query.status === undefined ? undefined : eq(members.status, query.status);
  return orm
    .select(withProfile)
    .from(members)
    .leftJoin(memberProfiles, itsProfile)
    .where(and(eq(members.orgId, orgId), status, where))
    .orderBy(...orderBy)
    .limit(limit);
}

/** Active owners beside this member. */
export const countOtherOwners = ({ orm, orgId }: ScopedDb, memberId: string) =>
  orm
    .select({ others: count() })
    .from(members)
    .where(and(eq(members.orgId, orgId), ne(members.id, memberId), eq(members.role, "owner"), eq(members.status, "active")));

/** Who has the address now: nobody else can be invited with it. */
export const selectHolder = ({ orm, orgId }: ScopedDb, email: string) =>
  orm
    .select({ memberId: memberProfiles.memberId })
    .from(memberProfiles)
    .where(and(eq(memberProfiles.orgId, orgId), eq(memberProfiles.email, email), isNull(memberProfiles.removedAt)));

/** What Clerk calls the organization. */
export const selectClerkLink = ({ orm, orgId }: ScopedDb) =>
  orm
    .select({ externalId: providerLinks.externalId })
    .from(providerLinks)
    .where(and(eq(providerLinks.orgId, orgId), eq(providerLinks.provider, "clerk")));

export const insertMember = ({ orm, orgId }: ScopedDb, row: NewMember) => orm.insert(members).values({ ...row, orgId });
export const insertProfile = ({ orm, orgId }: ScopedDb, row: NewProfile) => orm.insert(memberProfiles).values({ ...row, orgId });

type MemberChange = Partial<Pick<MemberRow, "role" | "status" | "externalId" | "providerUpdatedAt" | "joinedAt" | "removedAt">> & {
  readonly updatedAt: Date;
};

/** Matches only while the member is as they were read. */
export const updateMember = ({ orm, orgId }: ScopedDb, read: Pick<MemberRow, "id" | "revision">, change: MemberChange) =>
  orm
    .update(members)
    .set({ ...change, revision: read.revision + 1 })
    .where(and(ownMember(orgId, read.id), eq(members.revision, read.revision)));

/** The same for what may take an owner's rights: matches only while another active owner is left. */
export const updateMemberIfOwned = (db: ScopedDb, read: Pick<MemberRow, "id" | "revision">, change: MemberChange) =>
  db.orm
    .update(members)
    .set({ ...change, revision: read.revision + 1 })
    .where(and(ownMember(db.orgId, read.id), eq(members.revision, read.revision), leavesAnOwner(db, read.id)));

const ownProfile = (orgId: string, memberId: string) => and(eq(memberProfiles.orgId, orgId), eq(memberProfiles.memberId, memberId));

/** From now on another member may have the address. */
export const endProfile = ({ orm, orgId }: ScopedDb, memberId: string, removedAt: Date) =>
  orm.update(memberProfiles).set({ removedAt, updatedAt: removedAt }).where(ownProfile(orgId, memberId));

/** Erases what names a member, the salt with it: what the log holds says nothing of anybody from then on. */
export const deleteProfile = ({ orm, orgId }: ScopedDb, memberId: string) => orm.delete(memberProfiles).where(ownProfile(orgId, memberId));
