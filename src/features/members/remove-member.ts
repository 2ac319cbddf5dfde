import { requirePerson } from "../../access/principal.ts";
import type { WriteContext } from "../../http/operation.ts";
import { atClerk, tellClerkRemoval } from "./at-clerk.ts";
import { loadTarget } from "./load-target.ts";
import { judgeRemoval, toMember } from "./member.ts";
import { requireAllowed } from "./refuse.ts";
import type { MemberView } from "./schemas.ts";
import { endProfile, updateMemberIfOwned } from "./store.ts";
import { withinGate } from "./within-gate.ts";

/** Takes a member out: their sessions are refused from the next request on. What names them stays until it is erased. */
export async function removeMember({ tenant, env, principal, now }: WriteContext<"member.removed">, memberId: string): Promise<MemberView> {
  const person = requirePerson(principal);
  const { member, profile, links, others } = await loadTarget(tenant, memberId);
  requireAllowed(judgeRemoval(person, member, others));
  await tellClerkRemoval(atClerk(env, links), member);
  // What the provider said of them until now has been overtaken, also where it is told only later.
  const removal = { status: "removed", removedAt: now, providerUpdatedAt: now, updatedAt: now } as const;
  const view = toMember({ ...member, ...removal }, profile);
  await withinGate(
    env,
    tenant.orgId,
    memberId,
    (gate) => gate.endMember(tenant.orgId, memberId),
    () =>
      tenant.write({ action: "member.removed", resource: memberId, change: { role: member.role }, answer: view }, (db) => [
        updateMemberIfOwned(db, member, removal),
        ...(profile === null ? [] : [endProfile(db, memberId, now)]),
      ]),
  );
  return view;
}
