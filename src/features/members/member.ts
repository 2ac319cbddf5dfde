import type { Role } from "../../access/roles.ts";
import { commitTo, newSalt } from "../../crypto/commitment.ts";
import type { memberProfiles, members } from "../../db/schema/members.ts";
import { newId } from "../../platform/ids.ts";
import type { MemberView } from "./schemas.ts";

export type MemberRow = typeof members.$inferSelect;
export type ProfileRow = typeof memberProfiles.$inferSelect;
export type NewMember = Omit<MemberRow, "orgId">;
export type NewProfile = Omit<ProfileRow, "orgId">;

/** Who decides, as the gate has found them at this moment. */
export type Acting = { readonly memberId: string; readonly role: Role };
/** Whom it is about, as the database has them. */
export type Target = Pick<MemberRow, "id" | "role" | "status">;

export type Refused = "owners_only" | "own_role" | "same_role" | "removed" | "not_removed" | "last_owner";
export type Verdict = { readonly ok: true } | { readonly ok: false; readonly reason: Refused };

const allowed: Verdict = { ok: true };
const refuse = (reason: Refused): Verdict => ({ ok: false, reason });

/** Only an owner makes owners. */
export const judgeInvite = (acting: Pick<Acting, "role">, role: Role): Verdict =>
  role === "owner" && acting.role !== "owner" ? refuse("owners_only") : allowed;

/** Nobody changes their own role, and only an owner makes or unmakes owners. `otherOwners`: active ones beside the target. */
export function judgeRoleChange(acting: Acting, target: Target, to: Role, otherOwners: number): Verdict {
  if (target.status === "removed") return refuse("removed");
  if (target.id === acting.memberId) return refuse("own_role");
  if ((target.role === "owner" || to === "owner") && acting.role !== "owner") return refuse("owners_only");
  if (target.role === to) return refuse("same_role");
  return isLastOwner(target, otherOwners) ? refuse("last_owner") : allowed;
}

/** Whoever may change members may leave themselves; the last active owner stays. */
export function judgeRemoval(acting: Acting, target: Target, otherOwners: number): Verdict {
  if (target.status === "removed") return refuse("removed");
  if (target.role === "owner" && acting.role !== "owner") return refuse("owners_only");
  return isLastOwner(target, otherOwners) ? refuse("last_owner") : allowed;
}

/** Personal data goes only after the member: else somebody without a name would keep their rights. */
export function judgeErasure(acting: Acting, target: Target): Verdict {
  if (acting.role !== "owner") return refuse("owners_only");
  return target.status === "removed" ? allowed : refuse("not_removed");
}

const isLastOwner = (target: Target, otherOwners: number): boolean =>
  target.role === "owner" && target.status === "active" && otherOwners === 0;

/** Somebody who may come in, and has not yet. */
export const newMember = ({ role, externalId }: Pick<NewMember, "role" | "externalId">, now: Date): NewMember => ({
  id: newId("member"),
  role,
  status: "invited",
  externalId,
  providerUpdatedAt: null,
  revision: 1,
  joinedAt: null,
  removedAt: null,
  createdAt: now,
  updatedAt: now,
});

/** What names them, with a salt of its own. */
export const newProfile = (memberId: string, named: Pick<NewProfile, "email" | "name">, now: Date): NewProfile => ({
  memberId,
  salt: newSalt(),
  ...named,
  providerUpdatedAt: null,
  removedAt: null,
  updatedAt: now,
});

/** What an event says of a profile: nothing, to whoever lacks the salt; with it, exactly this address and name. */
export const profileCommitment = ({ salt, email, name }: Pick<ProfileRow, "salt" | "email" | "name">): Promise<string> =>
  commitTo(salt, { email, name });

/** A member as the organization sees them; without a profile, as one whose personal data was erased. */
export function toMember(member: Omit<MemberRow, "orgId">, profile: Pick<ProfileRow, "email" | "name"> | null): MemberView {
  const { id, role, status } = member;
  return {
    id,
    role,
    status,
    email: profile?.email ?? null,
    name: profile?.name ?? null,
    joinedAt: member.joinedAt?.toISOString() ?? null,
    removedAt: member.removedAt?.toISOString() ?? null,
    createdAt: member.createdAt.toISOString(),
  };
}
