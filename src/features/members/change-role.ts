import { gateOf } from "../../access/admit.ts";
import { requirePerson } from "../../access/principal.ts";
import type { Role } from "../../access/roles.ts";
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
  { tenant, env, principal, now }: WriteContext<"member.role_changed">,
  memberId: string,
  role: Role,
): Promise<MemberView> {
  const person = requirePerson(principal);
  const { member, profile, links, others } = await loadTarget(tenant, memberId);
  requireAllowed(judgeRoleChange(person, member, role, others));
  await tellClerkRole(atClerk(env, links), member, role);
  const view = toMember({ ...member, role }, profile);
  const change = { from: member.role, to: role };
  const gate = gateOf(env, tenant.orgId);
  await withinGate(
    env,
    tenant.orgId,
    memberId,
    () => gate.changeMember(tenant.orgId, memberId, role),
    () =>
      tenant.write({ action: "member.role_changed", resource: memberId, change, answer: view }, (db) => [
        updateMemberIfOwned(db, member, { role, updatedAt: now }),
      ]),
  );
  return view;
}
