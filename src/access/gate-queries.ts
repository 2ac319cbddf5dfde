import { and, eq } from "drizzle-orm";
import { agents } from "../db/schema/agents.ts";
import type { ScopedDb } from "../db/tenant-db.ts";
import type { Environment } from "../env.ts";
import { Problem } from "../http/problem.ts";
import { log } from "../platform/logger.ts";
import type { Restriction, SecurityCount } from "./gate-store.ts";
import { selectKey, updateRevokedAt } from "./key-queries.ts";
import type { KeyRecord } from "./key-record.ts";
import type { Found } from "./lookups.ts";
import type { MemberChange } from "./gate-people.ts";
import { selectActiveMember, selectLivingProfile, selectMember, updateMemberRemoved, updateProfileRemoved } from "./member-queries.ts";
import type { MemberRecord } from "./person-record.ts";
import { insertSecurityEvents } from "./security-event.ts";
import { openSystemDb, selectOrganization } from "./system-principal.ts";

const actor = "system:gate";

/** A key and its organization, in one round trip. */
export async function findKey(env: Environment, orgId: string, keyId: string): Promise<Found<KeyRecord>> {
  const [[organization], [key]] = await openSystemDb(env, orgId, actor).read((db) => [selectOrganization(db), selectKey(db, keyId)]);
  if (organization === undefined || key === undefined) return { organization, record: undefined };
  const deaths = [key.expiresAt, key.revokedAt].filter((at) => at !== null).map((at) => at.getTime());
  const { secretHash, scopes, cidrs, agentId } = key;
  return { organization, record: { secretHash, scopes, cidrs, agentId, diesAt: deaths.length === 0 ? null : Math.min(...deaths) } };
}

/** An active member, by our own name or by the identity provider's, and the organization, in one round trip. */
export async function findMember(env: Environment, orgId: string, name: string): Promise<Found<MemberRecord>> {
  const [[organization], [member]] = await openSystemDb(env, orgId, actor).read((db) => [
    selectOrganization(db),
    selectActiveMember(db, name),
  ]);
  return { organization, record: organization === undefined ? undefined : member };
}

/** Whether the organization has the agent, and it was not archived: one round trip. */
export async function isAgentActive(env: Environment, orgId: string, agentId: string): Promise<boolean> {
  const [[agent]] = await openSystemDb(env, orgId, actor).read((db) => [selectAgentEnd(db, agentId)]);
  return agent !== undefined && agent.archivedAt === null;
}

const selectAgentEnd = ({ orm, orgId }: ScopedDb, agentId: string) =>
  orm
    .select({ archivedAt: agents.archivedAt })
    .from(agents)
    .where(and(eq(agents.orgId, orgId), eq(agents.id, agentId)));

/** Brings the database in line with a revocation that it may have missed. A rotation that it missed never happened. */
export async function settleRestriction(env: Environment, orgId: string, restriction: Restriction, now: Date): Promise<void> {
  if (restriction.kind === "rotated") return;
  const tenant = openSystemDb(env, orgId, actor);
  const [[key]] = await tenant.read((db) => [selectKey(db, restriction.keyId)]);
  if (key === undefined || key.revokedAt !== null) return;
  const revokedAt = new Date(Math.min(restriction.diesAt, now.getTime()));
  const at = { revokedAt: revokedAt.toISOString() };
  const announces = [{ type: "key.revoked", data: { keyId: key.id, ...at } }] as const;
  await tenant.write({ action: "key.revoked", resource: key.id, change: { ...at, reconciled: true }, answer: null, announces }, (db) => [
    updateRevokedAt(db, key.id, revokedAt),
  ]);
}

/**
 * The same for members: who was to be removed is, unless that leaves the organization without an owner. A change of role that the database
 * missed never happened.
 */
export async function settleMember(env: Environment, orgId: string, { memberId, ceiling }: MemberChange, now: Date): Promise<void> {
  if (ceiling !== null) return;
  const tenant = openSystemDb(env, orgId, actor);
  const [[member], [profile]] = await tenant.read((db) => [selectMember(db, memberId), selectLivingProfile(db, memberId)]);
  if (member === undefined || member.removedAt !== null) return;
  const event = {
    action: "member.removed",
    resource: memberId,
    change: { removedAt: now.toISOString(), reconciled: true },
    answer: null,
  } as const;
  try {
    await tenant.write(event, (db) => [
      updateMemberRemoved(db, memberId, now),
      ...(profile === undefined ? [] : [updateProfileRemoved(db, memberId, now)]),
    ]);
  } catch (fault) {
    if (!(fault instanceof Problem) || fault.code !== "state_conflict") throw fault;
    log("error", "member_not_removed", { orgId, memberId, blocker: fault.blocker });
  }
}

export async function recordSecurityEvents(env: Environment, orgId: string, counts: readonly SecurityCount[]): Promise<void> {
  if (counts.length === 0) return;
  const sums = counts.map(({ minute, ...sum }) => ({ ...sum, at: new Date(minute) }));
  await openSystemDb(env, orgId, actor).record((db) => [insertSecurityEvents(db, sums)]);
}
