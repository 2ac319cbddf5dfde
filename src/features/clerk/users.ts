import { askGate } from "../../access/admit.ts";
import { findKnownMembers, findMemberships } from "../../db/cross-tenant.ts";
import type { Query, ScopedDb } from "../../db/tenant-db.ts";
import { problem } from "../../http/problem.ts";
import { deleteProfile, profileCommitment, updateMember } from "../members/index.ts";
import { enterFor, handleOnce, rememberEvent, withoutConflict, type Outcome } from "../provider-events/index.ts";
import type { ClerkCall } from "./call.ts";
import type { Named, User } from "./schemas.ts";
import { selectMembers, updateProfile } from "./store.ts";

/** What one delivery takes at most; Clerk tells it again where there are more. */
const mostMembers = 100;

/** Gives a person their new name and address in every organization that they are a member of. */
export async function renameUser(call: ClerkCall, { id, named }: User): Promise<Outcome> {
  const memberships = await findMemberships(call.env, id);
  if (memberships.length === 0) return rememberEvent(call, undefined, call.event, "ignored");
  return inEach(memberships, ({ orgId, memberId }) => renameMember(call, orgId, memberId, named));
}

async function renameMember(call: ClerkCall, orgId: string, memberId: string, named: Named): Promise<Outcome> {
  const { now, event } = call;
  const [[found]] = await enterFor(call, orgId, "clerk").read((db) => [selectMembers(db, [memberId])]);
  const profile = found?.profile;
  const isNewer = (profile?.providerUpdatedAt ?? new Date(0)) > event.occurredAt;
  if (profile === null || profile === undefined || isNewer) return rememberEvent(call, orgId, event, "stale");
  const commitment = await profileCommitment({ salt: profile.salt, ...named });
  const effect = { action: "member.profile_changed", resource: memberId, change: {}, commitment } as const;
  return handleOnce(call, orgId, event, effect, (db) => [
    updateProfile(db, memberId, { ...named, providerUpdatedAt: event.occurredAt, updatedAt: now }),
  ]);
}

/**
 * Ends a person's membership everywhere, and erases what names them, also where they left before. That they are gone is written first, so that
 * no event that comes late lets them in again; and a delivery that dies half-way goes on where Clerk repeats it.
 */
export async function endUser(call: ClerkCall, { id }: { readonly id: string }): Promise<Outcome> {
  const first = await rememberEvent(call, undefined, call.event, "handled", id);
  const known = await findKnownMembers(call.env, id, mostMembers);
  const byOrganization = Map.groupBy(known, ({ orgId }) => orgId);
  const ended = await inEach([...byOrganization], ([orgId, members]) =>
    withoutConflict(() =>
      endIn(
        call,
        orgId,
        members.map(({ memberId }) => memberId),
      ),
    ),
  );
  if (known.length === mostMembers) throw problem("unavailable", "more memberships than one delivery ends");
  return first === "handled" ? first : ended;
}

async function endIn(call: ClerkCall, orgId: string, memberIds: readonly string[]): Promise<Outcome> {
  const { now, event } = call;
  const [people] = await enterFor(call, orgId, "clerk").read((db) => [selectMembers(db, memberIds)]);
  const present = people.find(({ member }) => member.removedAt === null)?.member;
  if (present !== undefined) await askGate(call.env, orgId, (gate) => gate.endMember(orgId, present.id));
  const erase = (db: ScopedDb): Query[] =>
    people.flatMap(({ member, profile }) => (profile === null ? [] : [deleteProfile(db, member.id)]));
  if (present === undefined) {
    const effect = { action: "member.profile_erased", resource: memberIds[0] ?? "", change: { members: [...memberIds] } } as const;
    return handleOnce(call, orgId, event, effect, erase);
  }
  const effect = { action: "member.removed", resource: present.id, change: { role: present.role, erased: true } } as const;
  return handleOnce(call, orgId, event, effect, (db) => [
    updateMember(db, present, { status: "removed", removedAt: now, providerUpdatedAt: event.occurredAt, updatedAt: now }),
    ...erase(db),
  ]);
}

const byWeight: readonly Outcome[] = ["handled", "stale", "ignored", "duplicate"];

/** One organization's failure keeps no other one from its part; then the whole has failed, and is told again. */
async function inEach<T>(list: readonly T[], act: (one: T) => Promise<Outcome>): Promise<Outcome> {
  const outcomes = new Set<Outcome>();
  const faults: unknown[] = [];
  for (const one of list) {
    try {
      outcomes.add(await act(one));
    } catch (fault) {
      faults.push(fault);
    }
  }
  if (faults.length > 0) throw faults[0];
  return byWeight.find((outcome) => outcomes.has(outcome)) ?? "duplicate";
}
