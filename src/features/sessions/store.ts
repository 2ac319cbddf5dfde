import { and, eq, gt, inArray, isNull } from "drizzle-orm";
import { members, signInLinks } from "../../db/schema/members.ts";
import type { ScopedDb } from "../../db/tenant-db.ts";

export type SignInClaim = { readonly id: string; readonly secretHash: string };

const mayEnter = ["active", "invited"] as const;

/** Matches a link that can be used now: this one, unused, in time, of a member who was not removed. */
const usable = (orgId: string, { id, secretHash }: SignInClaim, now: Date) =>
  and(
    eq(signInLinks.orgId, orgId),
    eq(signInLinks.id, id),
    eq(signInLinks.tokenHash, secretHash),
    isNull(signInLinks.consumedAt),
    gt(signInLinks.expiresAt, now),
  );

/** Whom a link lets in, if it can be used now. */
export const selectInvitee = ({ orm, orgId }: ScopedDb, claim: SignInClaim, now: Date) =>
  orm
    .select({ id: members.id, status: members.status, revision: members.revision })
    .from(signInLinks)
    .innerJoin(members, and(eq(members.orgId, signInLinks.orgId), eq(members.id, signInLinks.memberId)))
    .where(and(usable(orgId, claim, now), inArray(members.status, mayEnter)));

/** Uses a link up: of many who try at once, it matches for one, and only while the member may still come in. */
export const consumeLink = ({ orm, orgId }: ScopedDb, claim: SignInClaim, now: Date) =>
  orm
    .update(signInLinks)
    .set({ consumedAt: now })
    .where(
      and(
        usable(orgId, claim, now),
        inArray(
          signInLinks.memberId,
          orm
            .select({ id: members.id })
            .from(members)
            .where(and(eq(members.orgId, orgId), inArray(members.status, mayEnter))),
        ),
      ),
    );
