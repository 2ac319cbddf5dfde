import { askGate, type GateStub } from "../../access/admit.ts";
import { requirePerson } from "../../access/principal.ts";
import { lesserRole, type Role } from "../../access/roles.ts";
import type { WriteContext } from "../../http/operation.ts";
import { atClerk, tellClerkRole } from "./at-clerk.ts";
import { judgeRoleChange, toMember } from "./member.ts";
import { loadTarget } from "./load-target.ts";
import { requireAllowed } from "./refuse.ts";
import type { MemberView } from "./schemas.ts";
import { updateMemberIfOwned } from "./store.ts";
import { withinGate } from "./within-gate.ts";

/** Gives a member another role: at Clerk first where people sign in there, then in the gate, then in the database. */
export async function changeRole(
  { tenant, env, principal, now, waitUntil }: WriteContext<"member.role_changed">,
  memberId: string,
  role: Role,
): Promise<MemberView> {
  const person = requirePerson(principal);
  const { member, profile, links, others } = await loadTarget(tenant, memberId);
  requireAllowed(judgeRoleChange(person, member, role, others));
  await tellClerkRole(atClerk(env, links), member, role);
  const view = toMember({ ...member, role }, profile);
  const change = { from: member.role, to: role };
  const { orgId } = tenant;
  const tellRole = (gate: GateStub): Promise<number> => gate.changeMember(orgId, memberId, role);
  await withinGate(env, orgId, memberId, tellRole, () =>
    tenant.write({ action: "member.role_changed", resource: memberId, change, answer: view }, (db) => [
      updateMemberIfOwned(db, member, { role, updatedAt: now }),
    ]),
  );
  // What the role adds holds once the gate has read it; where it is out of reach now, it reads it within a minute.
  if (lesserRole(member.role, role) === member.role) waitUntil(askGate(env, orgId, tellRole).catch(() => undefined));
  return view;
}
