import { askGate, type GateStub } from "../../access/admit.ts";
import { roles, type Role } from "../../access/roles.ts";
import {
  endProfile,
  insertMember,
  insertProfile,
  newMember,
  newProfile,
  profileCommitment,
  updateMember,
  withinGate,
  type MemberRow,
} from "../members/index.ts";
import { enterFor, handleOnce, rememberEvent, type Outcome } from "../provider-events/index.ts";
import { hasEnded, requireLinked, selectEnd, type ClerkCall } from "./call.ts";
import type { Membership } from "./schemas.ts";
import { selectPerson } from "./store.ts";

/** Lets a person in, or gives them the role that they have at Clerk now. One that we do not know gives no rights: it is as if they had left. */
export async function setMembership(call: ClerkCall, told: Membership): Promise<Outcome> {
  const { orgId, member, tooLate } = await find(call, told);
  if (orgId === undefined || tooLate) return rememberEvent(call, orgId, call.event, "stale");
  if (told.role === undefined)
    return member === undefined ? rememberEvent(call, orgId, call.event, "ignored") : remove(call, orgId, member, told);
  if (member === undefined) return add(call, orgId, { ...told, role: told.role });
  return change(call, orgId, member, { ...told, role: told.role });
}

/** Ends a membership: their sessions are refused from before this is answered. What names them stays until it is erased. */
export async function endMembership(call: ClerkCall, told: Membership): Promise<Outcome> {
  const { orgId, member, tooLate } = await find(call, told);
  if (orgId === undefined || tooLate) return rememberEvent(call, orgId, call.event, "stale");
  // Whoever was never let in stays out, also when their coming is told later.
  if (member?.externalId !== told.userId) return rememberEvent(call, orgId, call.event, "handled", told.userId);
  return remove(call, orgId, member, told);
}

type Found = { readonly orgId: string | undefined; readonly member: Present | undefined; readonly tooLate: boolean };
type Present = MemberRow & { readonly hasProfile: boolean };

async function find(call: ClerkCall, { organizationId, userId, named }: Membership): Promise<Found> {
  const orgId = await requireLinked(call, organizationId);
  if (orgId === undefined) return { orgId, member: undefined, tooLate: true };
  const at = call.event.occurredAt;
  const [people, [end]] = await enterFor(call, orgId, "clerk").read((db) => [
    selectPerson(db, userId, named.email),
    selectEnd(db, [userId, organizationId]),
  ]);
  const own = people.filter(({ member }) => member.externalId === userId);
  const newest = own[0]?.member;
  const known = [newest?.providerUpdatedAt, end?.occurredAt].filter((time) => time !== null && time !== undefined);
  const present = own.find(({ member }) => member.removedAt === null) ?? people.find(({ member }) => member.status === "invited");
  return {
    orgId,
    member: present === undefined ? undefined : { ...present.member, hasProfile: present.profile !== null },
    tooLate: known.some((time) => time > at),
  };
}

type Let = Membership & { readonly role: Role };

async function add(call: ClerkCall, orgId: string, { userId, role, named }: Let): Promise<Outcome> {
  if (await hasEnded(call, userId)) return rememberEvent(call, orgId, call.event, "stale");
  const { now, event } = call;
  const member = {
    ...newMember({ role, externalId: userId }, now),
    status: "active",
    joinedAt: now,
    providerUpdatedAt: event.occurredAt,
  } as const;
  const profile = { ...newProfile(member.id, named, now), providerUpdatedAt: event.occurredAt };
  const commitment = await profileCommitment(profile);
  const effect = { action: "member.added", resource: member.id, change: { role }, commitment, subject: userId } as const;
  const outcome = await handleOnce(call, orgId, event, effect, (db) => [insertMember(db, member), insertProfile(db, profile)]);
  await askGate(call.env, orgId, (gate) => gate.changeMember(orgId, member.id, role));
  return outcome;
}

/** What is taken is taken in the gate first; what is given, it hears of once it holds. Who was invited has come. */
async function change(call: ClerkCall, orgId: string, member: MemberRow, { userId, role }: Let): Promise<Outcome> {
  const { now, event } = call;
  const joins = member.status === "invited";
  const same = role === member.role ? ("provider.event_handled" as const) : ("member.role_changed" as const);
  const action = joins ? "member.joined" : same;
  const joined = joins ? ({ status: "active", joinedAt: now, externalId: userId } as const) : {};
  const effect = { action, resource: member.id, change: { role, before: member.role }, subject: userId } as const;
  const write = () =>
    handleOnce(call, orgId, event, effect, (db) => [
      updateMember(db, member, { ...joined, role, providerUpdatedAt: event.occurredAt, updatedAt: now }),
    ]);
  const tell = (gate: GateStub): Promise<number> => gate.changeMember(orgId, member.id, role);
  if (roles.indexOf(role) < roles.indexOf(member.role)) return withinGate(call.env, orgId, member.id, tell, write);
  const outcome = await write();
  if (action !== "provider.event_handled") await askGate(call.env, orgId, tell);
  return outcome;
}

async function remove(call: ClerkCall, orgId: string, member: Present, { userId }: Pick<Membership, "userId">): Promise<Outcome> {
  const { now, event } = call;
  const effect = { action: "member.removed", resource: member.id, change: { role: member.role }, subject: userId } as const;
  const write = () =>
    handleOnce(call, orgId, event, effect, (db) => [
      updateMember(db, member, { status: "removed", removedAt: now, providerUpdatedAt: event.occurredAt, updatedAt: now }),
      ...(member.hasProfile ? [endProfile(db, member.id, now)] : []),
    ]);
  return withinGate(call.env, orgId, member.id, (gate) => gate.endMember(orgId, member.id), write);
}
